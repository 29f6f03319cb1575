"""A seeded, labelled universe to test and demonstrate the pipeline with. Nothing else of the product imports it."""
