package main

import (
	"fmt"
	"runtime/debug"
)

// versionCommand prints what the binary was built from.
type versionCommand struct{}

// Run prints one line: the module's version, or the revision of a checkout.
func (versionCommand) Run(c console) error {
	version, revision := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && version == "(devel)" {
				revision = " " + s.Value
			}
		}
		fmt.Fprintf(c.out, "evenhand %s%s %s\n", version, revision, info.GoVersion)
		return nil
	}
	fmt.Fprintf(c.out, "evenhand %s\n", version)
	return nil
}
