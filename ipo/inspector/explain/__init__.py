"""Why a step did what it did: where two runs part, what each row and each force has of it."""
