package pick

// none chooses nobody: the rule sets customers aside on purpose.
func none(*Turn) (int, error) { return Nobody, nil }
