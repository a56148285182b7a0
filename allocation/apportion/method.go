package apportion

import (
	"fmt"
	"strings"
)

// Method is a way of rounding quotas to integers that add up. The package
// documentation says which to choose. The zero Method is Hamilton.
type Method uint8

const (
	Hamilton Method = iota
	Webster
	HuntingtonHill
	DHondt
	Adams
	QuotaMethod
)

// methods is the table of all there are, in the order of the constants. Names
// are what policies write; aliases are what the literature calls the same.
var methods = []struct {
	name    string
	aliases []string
	split   func(*sheet) ([]uint64, error)
}{
	Hamilton:       {"hamilton", []string{"largest_remainder", "vinton", "hare_niemeyer"}, splitHamilton},
	Webster:        {"webster", []string{"sainte_lague", "sainte_laguë", "major_fractions"}, webster.split},
	HuntingtonHill: {"huntington_hill", []string{"hill", "equal_proportions"}, huntingtonHill.split},
	DHondt:         {"dhondt", []string{"d'hondt", "d’hondt", "jefferson", "greatest_divisors"}, dHondt.split},
	Adams:          {"adams", []string{"smallest_divisors"}, adams.split},
	QuotaMethod:    {"quota", []string{"quota_method", "balinski_young"}, splitQuotaMethod},
}

// Methods lists all methods.
func Methods() []Method {
	all := make([]Method, len(methods))
	for i := range all {
		all[i] = Method(i)
	}
	return all
}

// String is the method's name, as ParseMethod reads it.
func (m Method) String() string {
	if int(m) < len(methods) {
		return methods[m].name
	}
	return fmt.Sprintf("Method(%d)", uint8(m))
}

// ParseMethod reads hamilton, webster, huntington_hill, dhondt, adams or
// quota, or another name that the literature has for the same method
// (largest_remainder, sainte_lague, equal_proportions, jefferson, ...). Case
// does not matter, and spaces and hyphens count as underscores. The error
// wraps ErrMethod.
func ParseMethod(s string) (Method, error) {
	name := strings.NewReplacer(" ", "_", "-", "_", "–", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
	for i, m := range methods {
		if name == m.name {
			return Method(i), nil
		}
		for _, alias := range m.aliases {
			if name == alias {
				return Method(i), nil
			}
		}
	}
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = m.name
	}
	return 0, &Error{Kind: ErrMethod, Detail: fmt.Sprintf("%.40q; there are %s", s, strings.Join(names, ", ")),
		Maybe: methodAdvice(name)}
}

// methodAdvice finds the name that begins as s does.
func methodAdvice(s string) string {
	const enough = 3
	if len(s) < enough {
		return ""
	}
	for _, m := range methods {
		for _, name := range append([]string{m.name}, m.aliases...) {
			if strings.HasPrefix(name, s[:enough]) {
				return name
			}
		}
	}
	return ""
}

// MarshalText gives the name.
func (m Method) MarshalText() ([]byte, error) {
	if int(m) >= len(methods) {
		return nil, &Error{Kind: ErrMethod, Detail: m.String()}
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads what ParseMethod reads.
func (m *Method) UnmarshalText(text []byte) error {
	parsed, err := ParseMethod(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}
