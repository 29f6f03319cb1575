# The image of JobManager, TaskManager and of every `tokpulse` command beside them: the official Flink distribution and Java
# runtime, Python 3.11 and this project with its pinned packages, and the connector jars of stack/maven/pom.xml.
# Flink's own image brings an older Python, hence the Python image as base and Flink copied into it, not the other way round.

FROM maven:3.9.11-eclipse-temurin-17 AS jars
WORKDIR /src
COPY stack/maven stack/maven
COPY connectors/flink/java connectors/flink/java
COPY stack/agent stack/agent
RUN mvn -q -B -DskipTests -Dtokpulse.build.dir=/build -f stack/maven/pom.xml package

FROM flink:2.3.0-scala_2.12-java17 AS flink

FROM python:3.11.14-slim-bookworm
ENV FLINK_HOME=/opt/flink \
    FLINK_CONF_DIR=/opt/flink/conf \
    JAVA_HOME=/opt/java/openjdk \
    PATH=/opt/flink/bin:/opt/java/openjdk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# What Flink's entry point and scripts use, and tini to reap Python workers.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gettext-base libjemalloc-dev libsnappy1v5 procps tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 9999 flink \
 && useradd --system --uid 9999 --gid flink --home-dir /opt/flink flink \
 && install -d -o flink -g flink /var/lib/flink/checkpoints /var/lib/flink/savepoints /var/lib/tokpulse
COPY --from=flink /opt/java/openjdk /opt/java/openjdk
COPY --from=flink /usr/local/bin/gosu /usr/local/bin/gosu
COPY --from=flink /docker-entrypoint.sh /docker-entrypoint.sh
COPY --from=flink --chown=flink:flink /opt/flink /opt/flink

# Dependencies first: they change less often than the code.
WORKDIR /opt/tokpulse
COPY pyproject.toml constraints.txt README.md ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /tmp/pinned.txt \
 && pip install --no-cache-dir --disable-pip-version-check -c constraints.txt -r /tmp/pinned.txt \
 && rm /tmp/pinned.txt
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps -e .

COPY --from=jars --chown=flink:flink /build/flink/lib/ /opt/flink/lib/
# The project's options as they are; addresses and folders come from FLINK_PROPERTIES, which the entry point adds.
COPY --chown=flink:flink flink-conf.yaml /opt/flink/conf/config.yaml
RUN for file in /opt/flink/conf/log4j*.properties; do cat stack/log4j_secrets.properties >> "$file"; done

# The entry point drops to the user flink.
ENTRYPOINT ["tini", "-g", "--", "/docker-entrypoint.sh"]
CMD ["help"]
