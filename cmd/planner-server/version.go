package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// unreleased is the version of a build that was not told one.
const unreleased = "dev"

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = unreleased

// buildVersion is the version; without one, what the Go toolchain found out from the source's repository: the
// commit with its time, and "+dirty" if there were local changes.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version != unreleased || !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return version
	}
	return info.Main.Version
}

// versionText is what --version prints.
func versionText() string {
	return fmt.Sprintf("planner-server %s (%s, %s/%s)", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
