"""The expected rows of each mart, recomputed in plain Python from the records. Shares no code with sql/, jobs/ or udfs/."""
