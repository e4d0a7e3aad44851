// Command kubernetes renders the manifests of a directory with kustomize and checks what comes out: strictly against
// the types and the validation of the Kubernetes API, against each other, and against planner-server itself, which
// it starts with the settings of every container and asks what the probes ask.
//
//	go run . ../../deploy/kubernetes
//
// It has to be run in its own directory, since it builds the server of the repository that it is in. The exit code
// is 1 if anything is wrong.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const repository = "../.."

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("want one argument: the directory of the manifests"))
	}
	temp, err := newTemp()
	if err != nil {
		fail(err)
	}
	problems, err := check(os.Args[1], temp, os.Stdout)
	if err := errors.Join(err, os.RemoveAll(temp)); err != nil {
		fail(err)
	}
	for _, problem := range problems {
		_, _ = fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		fail(fmt.Errorf("%d problems", len(problems)))
	}
}

func fail(err error) {
	_, _ = fmt.Fprintln(os.Stderr, "kubernetes-check:", err)
	os.Exit(1)
}

// newTemp makes a directory that all users can enter, as those of the containers have to.
func newTemp() (string, error) {
	temp, err := os.MkdirTemp("", "kubernetes-check-")
	if err != nil {
		return "", err
	}
	return temp, os.Chmod(temp, 0o755) //nolint:gosec // see above
}

// check builds the server and checks everything below the directory. It says in out what it has seen. An error
// means that it could not check.
func check(dir, temp string, out io.Writer) (problems, error) {
	server, err := buildServer(filepath.Join(temp, "planner-server"))
	if err != nil {
		return nil, err
	}
	return checkTree(dir, temp, server, out)
}

// checkTree checks every kustomization below the directory.
func checkTree(dir, temp string, server *server, out io.Writer) (problems, error) {
	var all problems
	tree, err := readTree(dir)
	if err != nil {
		return nil, err
	}
	all = append(all, tree.problems...)
	for _, kustomization := range tree.kustomizations {
		set, found := tree.render(kustomization)
		if len(found) == 0 {
			found = checkStatic(set)
			running, err := server.check(set, temp)
			if err != nil {
				return nil, err
			}
			found.add("", running)
		}
		all.add(tree.relative(kustomization), found)
		_, _ = fmt.Fprintf(out, "%s: %d objects, %d problems\n", tree.relative(kustomization), len(set.ids), len(found))
		for _, secret := range set.missingSecrets() {
			_, _ = fmt.Fprintf(out, "  has to be there already: Secret %s\n", secret)
		}
	}
	all = append(all, tree.unused()...)
	return all, nil
}

// checkStatic checks all that can be seen without running anything.
func checkStatic(s *set) problems {
	found := checkReferences(s)
	found.add("", checkCertificates(s))
	for _, pod := range s.pods {
		found.add(pod.id, checkPod(s, pod))
	}
	return found
}

// problems are what is wrong, one sentence each.
type problems []string

func (p *problems) addf(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// add takes over the problems of a part, and says where they are.
func (p *problems) add(where string, found problems) {
	for _, problem := range found {
		if where != "" {
			problem = where + ": " + problem
		}
		*p = append(*p, problem)
	}
}
