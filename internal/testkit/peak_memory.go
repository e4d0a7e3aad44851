package testkit

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// PeakMemory is the most memory that a process has taken so far, in KiB. It skips the test where the system does not tell.
func PeakMemory(t *testing.T, process int) (kib int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		t.Skip("this system does not tell how much memory a process takes")
	}
	_, text, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(text, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}
