package rule

// Program is a compiled expression. It is immutable and safe for concurrent
// use; evaluating allocates nothing unless the expression makes text or
// lists.
type Program struct {
	text     Text
	kind     Kind
	root     *node // split into structure and leaves
	leaves   []*Leaf
	reads    Reads
	gaps     []Gap
	asserted settled // names that have a value wherever it is true
	share    int     // steps of each heavy leaf
}

// Source is the expression as written.
func (p *Program) Source() string { return p.text.Source }

// Kind of the result; Bool for a condition.
func (p *Program) Kind() Kind { return p.kind }

// Leaves are the strict parts in source order, those of let names where the
// name first stands. The slice must not be changed.
func (p *Program) Leaves() []*Leaf { return p.leaves }

// Value evaluates the program. The Cause is zero exactly when the value is
// not null. O(size of the expression), plus at most 100,000 steps of
// searching in lists and texts.
func (p *Program) Value(env *Env) (Value, Cause) {
	f := frame{env: env, share: p.share}
	x := p.root.eval(&f)
	if x.kind == Null {
		return Value{}, causeOf(x, f.leaf)
	}
	return x, Cause{}
}

// Truth evaluates a condition. A program of another kind is Unknown with
// RuleError.
func (p *Program) Truth(env *Env) Verdict {
	f := frame{env: env, share: p.share}
	if p.kind != Bool {
		return verdictOf(IntValue(0), nil)
	}
	if t := p.root.truth(&f); t != Unknown {
		return Verdict{Truth: t}
	}
	return Verdict{Cause: causeOf(f.null, f.leaf)}
}

func verdictOf(x Value, leaf *Leaf) Verdict {
	switch {
	case x.kind == Bool && x.num != 0:
		return Verdict{Truth: True}
	case x.kind == Bool:
		return Verdict{Truth: False}
	case x.kind == Null:
		return Verdict{Cause: causeOf(x, leaf)}
	}
	return Verdict{Cause: Cause{Reason: RuleError, Problem: "the expression is not a condition"}}
}

// Number evaluates a number, whole or not. It is finite when the Cause is
// zero, and 0 otherwise. A program of another kind gives RuleError.
func (p *Program) Number(env *Env) (float64, Cause) {
	x, cause := p.Value(env)
	if cause.Reason == "" && x.kind != Number && x.kind != Int {
		return 0, Cause{Reason: RuleError, Problem: "the expression is not a number"}
	}
	return x.Number(), cause
}

// Int evaluates a whole number. A program of another kind gives RuleError.
func (p *Program) Int(env *Env) (int64, Cause) {
	x, cause := p.Value(env)
	if cause.Reason == "" && x.kind != Int {
		return 0, Cause{Reason: RuleError, Problem: "the expression is not a whole number"}
	}
	return x.Int(), cause
}
