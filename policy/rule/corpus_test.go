package rule

import (
	"fmt"
	"strings"
)

// hostile is one text that somebody might write to do harm, and the answer
// it must get: refused by Compile, or evaluated within the limits.
type hostile struct {
	name, source string
	lets         []string // lets named a0, a1, ... declared first
	refused      bool
}

// hostileCorpus is every attack we know of: on the parser's stack, on memory,
// on time, on what is reachable, and on the text itself.
func hostileCorpus() []hostile {
	var all []hostile
	refuse := func(name, source string) {
		all = append(all, hostile{name: name, source: source, refused: true})
	}
	bear := func(name, source string, lets ...string) {
		all = append(all, hostile{name: name, source: source, lets: lets})
	}
	rep := strings.Repeat

	// The stack: expr's parser recurses without a limit.
	for _, open := range []string{"(", "[", "!", "-", "+", "not ", "{", "!(", "-[", "has(", "len(", "lead[", "named[", "any(lead.tags,", "true?", "true?true:", "if true {", "let a=1;", "(true and ", "\"a\" in [", "-(-", "(!", "lead.score**", "lead.score ?? "} {
		refuse("a million × "+open, rep(open, 1_000_000))
		refuse("4 KiB of "+open, rep(open, 4096/len(open)))
		refuse("65 × "+open, rep(open, 65))
	}
	refuse("balanced parentheses", rep("(", 2000)+"true"+rep(")", 2000))
	refuse("balanced lists", rep("[", 2000)+"1"+rep("]", 2000))
	refuse("nots before a field", rep("not ", 1000)+"lead.vip")
	refuse("a chain of powers", "1"+rep("**1", 1300)+" > 0")
	refuse("a chain of ternaries", rep("lead.vip?true:", 290)+"true")
	refuse("a chain of ands", rep("lead.vip and ", 300)+"true")
	bear("many ands", rep("lead.vip and ", 120)+"true")
	bear("parentheses just deep enough", rep("(", 64)+"lead.vip"+rep(")", 64))
	refuse("a deep chain of members", "lead"+rep(".x", 2000))
	refuse("a deep chain of indexes", "lead"+rep("[0]", 1300))
	refuse("nested comments", rep("/*", 2000)+"true")

	// Memory.
	refuse("reduce doubles a text", `len(reduce(1..33, #acc + #acc, "a")) > 0`)
	var doubling strings.Builder
	doubling.WriteString(`let a0="aaaaaaaa";`)
	for i := range 27 {
		fmt.Fprintf(&doubling, "let a%d=a%d+a%d;", i+1, i, i)
	}
	refuse("let doubles a text", doubling.String()+"len(a27) > 0")
	bear("let names double a text", "len(a9) > 0", doublings(10, "lead.name")...)
	bear("let names double a number", "a9 > 0", doublings(10, "lead.score")...)
	refuse("let names double beyond measure", "a20 > 0")
	all[len(all)-1].lets = doublings(21, "lead.score")
	refuse("repeat", `len(repeat("a", 1000000000)) > 0`)
	refuse("replace of a repeat", `len(replace(repeat("a", 9999), "a", repeat("b", 99999))) > 0`)
	refuse("join of a map", `len(join(map(1..100000, "aaaaaaaaaa"), "bbbbbbbbbbbbb")) > 0`)
	refuse("flatten of shared lists", `len(flatten([[1..9999],[1..9999]])) > 0`)
	refuse("toJSON", `len(toJSON(lead)) > 0`)
	refuse("fromJSON", `fromJSON("[[[[[[[[[[") == 1`)
	refuse("a range of a milliard", `any(1..1000000000, # > 5)`)
	refuse("a range as a list", `len(1..1000000) > 0`)
	refuse("sortBy", `len(sortBy(lead.tags, #)) > 0`)
	refuse("groupBy", `len(groupBy(lead.tags, #)) > 0`)
	refuse("map of map", `len(map(lead.tags, map(lead.tags, map(lead.tags, #)))) > 0`)
	bear("texts joined past the limit", `len(lead.name + lead.name) > 0`)
	bear("texts joined for every element", `all(lead.tags, len(# + # + # + # + #) > 0)`)
	bear("texts joined in two loops", `all(lead.tags, all(rep.skills, len(# + lead.name) > 0))`)
	bear("letters that grow", `len(upper(lead.name)) > 0`)
	bear("letters that grow, in two loops", `all(lead.tags, all(rep.skills, upper(lower(upper(#))) != "x"))`)
	bear("lists made for every element", `all(lead.tags, # in [lead.name, lead.country, #, #, #, #])`)
	bear("lists made in two loops", `all(lead.tags, all(rep.skills, # in [lead.name, lead.country, #, #, #, #]))`)

	// Time.
	refuse("four nested loops over a range", `let a = 1..1000; all(a, all(a, all(a, all(a, true))))`)
	refuse("three nested loops", `all(lead.tags, all(lead.tags, all(lead.tags, true)))`)
	bear("two nested loops", `all(lead.tags, all(lead.tags, # != "x"))`)
	bear("two nested loops over a large list", `all(freemail, all(freemail, # != "x"))`)
	bear("two nested loops with a search", `all(lead.tags, all(rep.skills, not (# contains lead.name)))`)
	bear("two nested loops with an in", `all(lead.tags, all(rep.skills, # not in lead.tags))`)
	bear("a search in a thousand long texts", `none(lead.tags, # contains "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab")`)
	bear("loops side by side", rep(`all(lead.tags, all(rep.skills, # != "x")) and `, 20)+"true")
	bear("loops side by side in an or", rep(`any(lead.tags, any(rep.skills, # == "x")) or `, 20)+"false")
	bear("many long ins", rep(`lead.name in lead.tags or `, 60)+"false")
	bear("many long searches", rep(`lead.name contains lead.country or `, 60)+"false")
	bear("a counting loop", `count(freemail, count(freemail, # > "a") > 5) > 5`)
	bear("loops behind let names", rep("a1 and ", 40)+"a1", "lead.vip", "all(lead.tags, all(rep.skills, # != lead.name))")
	bear("loops in loops behind let names", "a1 or a1", "any(lead.tags, # == lead.name)", "any(rep.skills, a0 and # == lead.name)")
	bear("a pattern that backtracks elsewhere", `lead.name matches "^(a+)+$"`)
	bear("a pattern of choices", `lead.name matches "(a|aa|aaa|aaaa)*b"`)
	bear("a pattern with counts", `lead.name matches "(.*a){40}b"`)
	bear("patterns side by side", rep(`lead.name matches "(x*a*)*(a|b|c)*y" or `, 20)+"false")
	bear("a pattern for every element", `any(lead.tags, # matches "(a|b|aa|ab)*c$")`)
	bear("a pattern in two loops", `any(lead.tags, any(rep.skills, # matches "(.*a){20}c"))`)
	refuse("a pattern of nested counts", `lead.name matches "((a{100}){100}){100}"`)
	refuse("a pattern of many counts", `lead.name matches "`+rep("(a{0,900})", 9)+`"`)
	refuse("a pattern of a thousand brackets", `lead.name matches "`+rep("(", 1500)+rep(")", 1500)+`"`)
	refuse("a pattern that is computed", `lead.name matches (lead.country + "*")`)
	bear("a long prefix table look-up", `postal[lead.name].territory == "x"`)
	bear("a prefix look-up in two loops", `any(lead.tags, any(rep.skills, has(postal[#])))`)
	refuse("a list of many elements", `lead.score in [`+rep("1,", 1000)+`1]`)

	// What is reachable.
	refuse("a method that writes", `rep.SetCap(999999)`)
	refuse("a method on a text", `lead.name.String() == "x"`)
	refuse("the environment", `$env == lead`)
	refuse("the environment, indexed", `$env["rep"]["id"] == "x"`)
	refuse("a computed field", `lead[lead.name] == "x"`)
	refuse("a computed KPI", `rep.kpi[lead.name] > 1`)
	refuse("a computed KPI by let", `let n = "wim"; rep.kpi[n] > 1`)
	refuse("a prototype", `lead.__proto__.x == 1`)
	refuse("a constructor", `lead.constructor("x") == 1`)
	refuse("a misspelt field", `lead.contry == "DE"`)
	refuse("optional chaining", `rep?.boss?.region == "x"`)
	refuse("the wall clock", `now() > lead.created_at`)
	refuse("chance", `rand() > 0.5`)
	refuse("the whole customer", `lead == rep`)
	refuse("a pipe into reduce", `lead.tags | reduce(#acc + #, "") == ""`)
	refuse("get", `get(lead, "name") == "x"`)
	refuse("an assignment", `rep.capacity = 5`)
	refuse("a global call", `::reduce(lead.tags, #acc + #, "") == ""`)

	// Numbers.
	refuse("division by zero", `lead.score / 0 > 1`)
	bear("division by a field", `lead.score / lead.employees > 1`)
	bear("division by what comes to zero", `lead.score / (lead.score - lead.score) > 1`)
	bear("the largest whole number and one", `lead.score + 9223372036854775807 > 0`)
	bear("the smallest whole number denied", `-(0 - lead.score - 9223372036854775807) > 0`)
	bear("a power beyond all numbers", `lead.value ** 9999 > 1`)
	bear("a root of what is below zero", `(0 - lead.value) ** 0.5 > 1`)
	refuse("a number that is too large", `lead.value > 1e999`)
	refuse("a whole number that is too large", `lead.score > 9223372036854775808`)
	refuse("a number of 4,000 digits", "lead.value > "+rep("9", 4000))
	bear("a number of 300 digits", "lead.value > 1"+rep("0", 300)+".5")

	// The text itself.
	refuse("nothing", "")
	refuse("blanks", rep(" ", 4000))
	refuse("not UTF-8", "lead.name == \"\xff\xfe\"")
	refuse("too long and not UTF-8", rep("0", 59)+rep("\xfb", 4100))
	refuse("half a rune", "lead.name == \"\xe2\x82")
	refuse("a zero byte", "lead.vip\x00 or true")
	refuse("a text of 4,097 bytes", `lead.name == "`+rep("a", 4082)+`"`)
	refuse("a megabyte of blanks", rep(" ", 1<<20)+"true")
	refuse("a byte order mark", "\ufefflead.vip")
	refuse("an override of direction", "lead.vip \u202e and true")
	refuse("an invisible space", "lead.vip\u200b and true")
	refuse("a Cyrillic look-alike", "lеad.vip")
	refuse("an open quote", `lead.name == "`)
	refuse("an open raw text", "lead.name == `abc")
	refuse("a bad escape", `lead.name == "\q"`)
	refuse("an escape beyond Unicode", `lead.name == "\U0011FFFF"`)
	bear("a surrogate", `lead.name == "\ud800"`)
	refuse("bytes", `lead.name == b"\xff"`)
	bear("a comment", "lead.vip // and everything else")
	refuse("an open comment", "lead.vip /* and everything else")
	refuse("two expressions", "lead.vip; rep.active")
	bear("pictures", `lead.name == "🦊🦊🦊"`)
	return all
}

// doublings is let names of which each is twice the one before.
func doublings(n int, first string) []string {
	lets := []string{first}
	for i := range n - 1 {
		lets = append(lets, fmt.Sprintf("a%d + a%d", i, i))
	}
	return lets
}
