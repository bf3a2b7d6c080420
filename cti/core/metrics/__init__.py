"""Numbers with their definitions: facts are counted, counts make metrics. Pure; live numbers and history share it."""
