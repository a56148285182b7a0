package rule

// Word is a function or an operator of rules, for a list of what there is.
type Word struct {
	Name    string
	Example string // an expression over lead and rep, with fields of their own
	Doc     string // what it gives, in a line
}

// Functions lists what rules may call, by name.
func Functions() []Word {
	var out []Word
	for _, name := range functionNames() {
		out = append(out, Word{name, functions[name].usage, functions[name].doc})
	}
	return out
}

// Operators lists the operators of rules, those that bind closest last. The
// comparisons, from == to matches, bind alike.
func Operators() []Word { return operators }

// operators is the documentation of what binary, unary and the conditional
// check; a test compiles every example.
var operators = []Word{
	{"? :", `lead.vip ? 2 : 1`, "the first when the condition is true, the second when it is false"},
	{"or, ||", `lead.vip or lead.score > 80`, "true when either is; else unknown when either is"},
	{"and, &&", `lead.vip and lead.score > 80`, "false when either is; else unknown when either is"},
	{"== !=", `lead.country == "DE"`, "equal, unequal; texts case by case"},
	{"< <= > >=", `lead.score >= 80`, "before, after: numbers, texts by their bytes, times, lengths of time"},
	{"in, not in", `"steel" in rep.skills`, "whether a list, written out or declared, holds it; a range too: lead.score in 1..10"},
	{"contains", `lead.name contains "bank"`, "whether a text holds another"},
	{"startsWith, endsWith", `lead.postal startsWith "10"`, "whether a text begins, or ends, with another"},
	{"matches", `lead.postal matches "^10[0-9]"`, "whether a pattern (RE2) is found in a text"},
	{"not, !", `not lead.vip`, "true when it is false; unknown stays unknown"},
	{"+ -", `lead.score + 5`, "of numbers; + joins texts; a time plus a length of time, a time less a time"},
	{"* / %", `lead.value / 1000`, "of numbers; / always gives decimals, % is what remains of whole numbers"},
	{"** , ^", `1.5 ** 2`, "to the power of"},
	{"- +", `-lead.score`, "the sign of a number"},
	{"??", `(lead.score ?? 0) > 80`, "what stands behind it when there is no value; takes the operand next to it alone"},
	{"[ ] .", `named[lead.domain].owner`, "a table's row by its key, and a cell of it"},
}
