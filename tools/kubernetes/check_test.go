package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const manifests = repository + "/deploy/kubernetes"

func tempDir(t *testing.T) string {
	t.Helper()
	temp, err := newTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	return temp
}

var (
	serverDir   string
	buildOnce   sync.Once
	builtServer *server
	errBuild    error
)

func TestMain(m *testing.M) {
	var err error
	if serverDir, err = newTemp(); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(serverDir)
	os.Exit(code)
}

func realServer(t *testing.T) *server {
	t.Helper()
	buildOnce.Do(func() { builtServer, errBuild = buildServer(filepath.Join(serverDir, "planner-server")) })
	if errBuild != nil {
		t.Fatal(errBuild)
	}
	return builtServer
}

// broken is a change of the manifests, and what has to be said about it.
type broken struct {
	file, old, new string
	overlay        string // which is rendered
	want           string
}

// changed is a copy of the manifests with the change.
func (b broken) changed(t *testing.T) *tree {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(manifests)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, b.file)
	content, err := os.ReadFile(path)
	if err != nil && b.old != "" {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), b.old) {
		t.Fatalf("%s does not contain %q", b.file, b.old)
	}
	text := strings.Replace(string(content), b.old, b.new, 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := readTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func (b broken) judge(t *testing.T, found problems) {
	t.Helper()
	if !slices.ContainsFunc(found, func(problem string) bool { return strings.Contains(problem, b.want) }) {
		t.Errorf("want a problem with %q, got:\n%s", b.want, strings.Join(found, "\n"))
	}
}

const (
	deployment   = "base/deployment.yaml"
	services     = "base/services.yaml"
	network      = "base/networkpolicy.yaml"
	sidecar      = "components/sidecar/deployment.yaml"
	certificates = "components/cert-manager/certificates.yaml"
)

// TestStaticProblems breaks the manifests in every way that can be seen without running anything.
func TestStaticProblems(t *testing.T) {
	for name, b := range map[string]broken{
		"misspelled field":           {deployment, "readinessProbe:", "readynessProbe:", "base", `unknown field "spec.template.spec.containers[0].readynessProbe"`},
		"misspelled field of a CRD":  {"components/monitoring/servicemonitor.yaml", "interval:", "intervall:", "overlays/monitoring", `unknown field "spec.endpoints[0].intervall"`},
		"misspelled field of a Cert": {certificates, "dnsNames:", "dnsName:", "overlays/cert-manager", `unknown field "spec.dnsName"`},
		"unknown kind":               {"base/disruption.yaml", "PodDisruptionBudget", "PodDisruptionBudgets", "base", "no kind"},
		"old API version":            {"base/autoscaler.yaml", "autoscaling/v2", "autoscaling/v2beta2", "base", "no kind"},
		"misspelled value":           {deployment, "ScheduleAnyway", "ScheduleAnyways", "base", "Unsupported value"},
		"wrong type":                 {deployment, "containerPort: 7070", `containerPort: "7070"`, "base", "cannot unmarshal string"},
		"missing volume":             {deployment, "      volumes:\n        - name: tls", "      volumes:\n        - name: tsl", "base", `volumeMounts[0].name: Not found: "tls"`},
		"unused volume":              {"components/mesh/deployment.yaml", "      volumes:\n        - name: tls\n          $patch: delete\n", "", "overlays/mesh", "no container mounts the volume tls"},
		"name of a port":             {services, "targetPort: grpc", "targetPort: grcp", "base", "has no port grcp"},
		"selector of a Service":      {services, "    app.kubernetes.io/name: planner\n  ports", "    app.kubernetes.io/name: planer\n  ports", "base", "selects no pods"},
		"port of a headless one":     {services, "port: 7070", "port: 70", "base", "maps no ports"},
		"selector of the pods":       {deployment, "matchLabels:\n      app.kubernetes.io/name: planner", "matchLabels:\n      app.kubernetes.io/name: planer", "base", "`selector` does not match template `labels`"},
		"label of the pods":          {network, "    matchLabels:\n      app.kubernetes.io/name: planner", "    matchLabels:\n      app: planner", "base", "selects no pods"},
		"port that is closed":        {network, "port: grpc", "port: admin", "base", "no NetworkPolicy lets anyone in to port 7070"},
		"port of a policy":           {network, "port: grpc", "port: grcp", "base", "has no port"},
		"everyone let in":            {network, "      ports:\n        - protocol: TCP\n          port: grpc\n", "", "base", "lets in everyone, or to every port"},
		"budget for nothing":         {"base/disruption.yaml", "    matchLabels:\n      app.kubernetes.io/name: planner", "    matchLabels:\n      app: planner", "base", "selects no pods"},
		"autoscaler of nothing":      {"base/autoscaler.yaml", "kind: Deployment\n    name: planner", "kind: Deployment\n    name: planers", "base", "there is no Deployment planers"},
		"replicas and autoscaler":    {deployment, "  strategy:", "  replicas: 3\n  strategy:", "base", "either replicas or an autoscaler"},
		"account":                    {deployment, "serviceAccountName: planner", "serviceAccountName: default", "base", "there is no ServiceAccount default"},
		"token":                      {deployment, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "base", "automountServiceAccountToken"},
		"service links":              {deployment, "enableServiceLinks: false", "enableServiceLinks: true", "base", "enableServiceLinks"},
		"seccomp":                    {deployment, "        seccompProfile:\n          type: RuntimeDefault\n", "", "base", "Pod Security Standard restricted forbids it: seccompProfile"},
		"capabilities":               {deployment, "drop: [ALL]", "drop: [KILL]", "base", "Pod Security Standard restricted"},
		"writable root":              {deployment, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "base", "readOnlyRootFilesystem"},
		"monitored port":             {"components/monitoring/servicemonitor.yaml", "port: admin", "port: metrics", "overlays/monitoring", `has no port "metrics"`},
		"monitored Service":          {"components/monitoring/service.yaml", "component: metrics", "component: metric", "overlays/monitoring", "selects 0 services"},
		"job":                        {"components/monitoring/servicemonitor.yaml", "jobLabel: app.kubernetes.io/name", "jobLabel: app", "overlays/monitoring", "the job is"},
		"closed to Prometheus":       {"components/monitoring/networkpolicy.yaml", "port: admin", "port: grpc", "overlays/monitoring", "to port 7071"},
		"name in a certificate":      {certificates, "    - planner-headless.planner.svc\n", "", "overlays/cert-manager", "no certificate for servers with the name planner-headless.planner.svc"},
		"Secret of a certificate":    {certificates, "secretName: planner-tls", "secretName: planner-tsl", "overlays/cert-manager", "no certificate is kept in the Secret planner-tls"},
		"use of a certificate":       {certificates, "server auth", "server auht", "overlays/cert-manager", `no usage "server auht"`},
		"client without one":         {certificates, "- orchestrator", "- operator", "overlays/cert-manager", `the client "orchestrator", for whom there is no certificate`},
		"issuer":                     {certificates, "name: planner-ca", "name: planner", "overlays/cert-manager", "there is no issuer"},
		"Secret of the CA":           {"components/cert-manager/ca.yaml", "  ca:\n    secretName: planner-ca", "  ca:\n    secretName: planner", "overlays/cert-manager", "no certificate is kept in the Secret planner"},
		"misspelled target":          {"components/mesh/deployment.yaml", "  name: planner\nspec", "  name: planer\nspec", "overlays/mesh", "no resource matches strategic merge patch"},
		"image of the placeholder":   {"overlays/sidecar/orchestrator.yaml", `planner-sidecar: "true"`, `planner-sidecar: "yes"`, "overlays/sidecar", "has no container named planner"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := b.changed(t)
			set, found := tree.render(filepath.Join(tree.root, b.overlay))
			if len(found) == 0 {
				found = checkStatic(set)
			}
			b.judge(t, found)
		})
	}
}

// TestRunningProblems breaks what only the server can tell.
func TestRunningProblems(t *testing.T) {
	for name, b := range map[string]broken{
		"unknown variable":            {deployment, "PLANNER_DRAIN_DELAY", "PLANNER_DRAINDELAY", "base", "knows no variable PLANNER_DRAINDELAY"},
		"bad value":                   {deployment, "value: 10s", "value: ten", "base", "drain-delay"},
		"no identity":                 {deployment, "PLANNER_TLS_CLIENT_CA", "PLANNER_TLS_REFRESH", "base", "check-config"},
		"no identity in a mesh":       {"components/mesh/deployment.yaml", `value: "true"`, `value: "false"`, "overlays/mesh", "other machines can reach"},
		"arguments":                   {deployment, "          env:\n", "          args: [--drain-delay=9s]\n          env:\n", "base", "has arguments"},
		"grace period":                {deployment, "terminationGracePeriodSeconds: 80", "terminationGracePeriodSeconds: 74", "base", "the grace period of 1m14s ends before"},
		"memory":                      {sidecar, `"201326592"`, `"201326593"`, "overlays/sidecar", "is too little for its limits"},
		"file of the certificate":     {deployment, "/etc/planner/tls/tls.crt", "/etc/planner/tls/server.crt", "base", "server.crt: no such file"},
		"mount elsewhere":             {deployment, "mountPath: /etc/planner/tls", "mountPath: /etc/planner", "base", "no such file"},
		"port that is not there":      {deployment, "containerPort: 7071", "containerPort: 7072", "base", "nothing listens on the port admin"},
		"port on loopback":            {deployment, `value: ":7071"`, "value: 127.0.0.1:7071", "base", "nothing listens on the port admin"},
		"path of a probe":             {deployment, "path: /healthz", "path: /health", "base", "livenessProbe: /health: 404"},
		"port of a probe":             {deployment, "port: admin\n            periodSeconds", "port: amdin\n            periodSeconds", "base", "livenessProbe"},
		"command of a probe":          {deployment, "command: [/usr/local/bin/planner-server, health]\n            periodSeconds: 10", "command: [/usr/local/bin/planner-server, healthy]\n            periodSeconds: 10", "base", "readinessProbe: "},
		"probe without TLS":           {deployment, "          readinessProbe:\n            exec:\n              command: [/usr/local/bin/planner-server, health]", "          readinessProbe:\n            grpc:\n              port: 7070", "base", "the kubelet speaks no TLS"},
		"probe for nothing":           {sidecar, "          readinessProbe:\n            exec:\n              command: [/usr/local/bin/planner-server, health]\n            periodSeconds: 10\n            timeoutSeconds: 6\n            failureThreshold: 2\n", "", "overlays/sidecar", "has no readinessProbe"},
		"directory of the socket":     {sidecar, "value: unix:///run/planner/planner.sock", "value: unix:///run/plan/planner.sock", "overlays/sidecar", "startupProbe"},
		"socket of the client":        {"overlays/sidecar/orchestrator.yaml", "planner.sock", "plan.sock", "overlays/sidecar", "orchestrator does not reach it"},
		"volume of the client":        {sidecar, "          volumeMounts:\n            - name: planner-socket\n              mountPath: /run/planner\n      volumes:", "      volumes:", "overlays/sidecar", "orchestrator does not reach it"},
		"group (root): of the Secret": {deployment, "        fsGroup: 65532 # reads the Secret\n", "", "base", "permission denied"},
		"group (root): of the socket": {sidecar, "        fsGroup: 65532\n", "        runAsNonRoot: true\n", "overlays/sidecar", "orchestrator does not reach it"},
		"mode (root): of the socket":  {sidecar, `value: "0660"`, `value: "0600"`, "overlays/sidecar", "orchestrator does not reach it"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "(root)") && os.Geteuid() != 0 {
				t.Skip("only root can run processes as other users")
			}
			t.Parallel()
			tree := b.changed(t)
			set, found := tree.render(filepath.Join(tree.root, b.overlay))
			if len(found) > 0 {
				t.Fatal(found)
			}
			found, err := realServer(t).check(set, tempDir(t))
			if err != nil {
				t.Fatal(err)
			}
			b.judge(t, found)
		})
	}
}

// TestTreeProblems breaks what is there before anything is rendered.
func TestTreeProblems(t *testing.T) {
	for name, b := range map[string]broken{
		"key that is there twice": {deployment, "  strategy:", "  selector: {}\n  strategy:", "", `base/deployment.yaml: error converting YAML`},
		"forgotten file":          {"base/kustomization.yaml", "  - disruption.yaml\n", "", "", "base/disruption.yaml: no kustomization uses it"},
		"forgotten component":     {"overlays/cert-manager-monitoring/kustomization.yaml", "monitoring", "cert-manager", "", "may not add resource"},
		"broken new overlay":      {"overlays/kustomization.yaml", "", "kind: Kustomization\nresources: [nowhere]\n", "", "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := b.changed(t)
			found := slices.Clone(tree.problems)
			for _, kustomization := range tree.kustomizations {
				_, wrong := tree.render(kustomization)
				found.add("", wrong)
			}
			b.judge(t, append(found, tree.unused()...))
		})
	}
}

// TestImageCanBeReplaced does what the documentation tells everyone to do.
func TestImageCanBeReplaced(t *testing.T) {
	for _, overlay := range []string{"base", "overlays/cert-manager-monitoring", "overlays/sidecar"} {
		b := broken{file: "overlays/kustomization.yaml", new: "kind: Kustomization\nresources: [../" + overlay + "]\n" +
			"images: [{name: planner-server, newName: registry.example.com/planner-server, newTag: v1.2.3}]\n"}
		tree := b.changed(t)
		set, found := tree.render(filepath.Join(tree.root, "overlays"))
		found.add("", checkStatic(set))
		if len(found) > 0 {
			t.Fatal(found)
		}
		for _, p := range set.pods {
			for _, container := range p.planners() {
				if container.Image != "registry.example.com/planner-server:v1.2.3" {
					t.Errorf("%s: the image is %s", overlay, container.Image)
				}
			}
		}
	}
}
