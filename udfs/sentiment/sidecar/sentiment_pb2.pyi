from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ScoreRequest(_message.Message):
    __slots__ = ("texts",)
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, texts: _Optional[_Iterable[str]] = ...) -> None: ...

class ScoreResponse(_message.Message):
    __slots__ = ("model", "compounds")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    COMPOUNDS_FIELD_NUMBER: _ClassVar[int]
    model: str
    compounds: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, model: _Optional[str] = ..., compounds: _Optional[_Iterable[float]] = ...) -> None: ...
