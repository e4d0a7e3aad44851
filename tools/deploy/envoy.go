package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	transcoderv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/grpc_json_transcoder/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/grpc_web/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/host/previous_hosts/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"sigs.k8s.io/yaml"
)

// envoy checks bootstrap files.
func envoy(args []string) error {
	flags := flag.NewFlagSet("envoy", flag.ExitOnError)
	set := flags.String("descriptors", "", "the `FILE` of descriptors that the transcoder would read")
	client := flags.String("client", "", "the Go `FILE` that has the service config")
	_ = flags.Parse(args) // exits
	if flags.NArg() == 0 {
		return errors.New("no files")
	}
	described, err := readDescriptors(*set)
	if err != nil {
		return err
	}
	want, err := readServiceConfig(*client)
	if err != nil {
		return err
	}
	var p problems
	for _, file := range flags.Args() {
		check := &envoyFile{described: described, want: want, clusters: map[string]bool{}, filters: map[string]bool{}}
		if err := check.read(file); err != nil {
			p.add("%s: %w", file, err)
		}
		for _, err := range check.problems.errs {
			p.add("%s: %w", file, err)
		}
	}
	return p.err()
}

// envoyFile is a bootstrap file that is being checked.
type envoyFile struct {
	problems

	described *protoregistry.Files
	want      retries

	clusters, filters map[string]bool // the names that there are
	retries           int             // how many retry policies there are
}

func (f *envoyFile) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err = yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	bootstrap := &bootstrapv3.Bootstrap{}
	if err := protojson.Unmarshal(text, bootstrap); err != nil {
		return err
	}
	for _, cluster := range bootstrap.GetStaticResources().GetClusters() {
		f.clusters[cluster.GetName()] = true
	}
	f.message("", bootstrap)
	if f.retries == 0 {
		f.add("no route repeats calls")
	}
	return nil
}

// message checks a message and all within it, those in an Any as well.
func (f *envoyFile) message(path string, m proto.Message) {
	if packed, ok := m.(*anypb.Any); ok {
		inner, err := packed.UnmarshalNew()
		if err != nil {
			f.add("%s: %w", path, err)
			return
		}
		f.message(path, inner)
		return
	}
	if v, ok := m.(interface{ ValidateAll() error }); ok {
		// A message in an Any is validated when its turn comes, and those in messages with them.
		if err := v.ValidateAll(); err != nil {
			f.add("%s: %w", path, err)
		}
	}
	f.fits(path, m)
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		at := path + "." + string(field.Name())
		if options, ok := field.Options().(*descriptorpb.FieldOptions); ok && options.GetDeprecated() {
			f.add("%s is deprecated", at)
		}
		f.field(at, field, value)
		return true
	})
}

func (f *envoyFile) field(at string, field protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch {
	case field.IsMap() && field.MapValue().Message() != nil:
		value.Map().Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
			f.message(fmt.Sprintf("%s[%s]", at, key.String()), v.Message().Interface())
			return true
		})
	case field.IsMap() || field.Message() == nil:
	case field.IsList():
		for i := range value.List().Len() {
			f.message(fmt.Sprintf("%s[%d]", at, i), value.List().Get(i).Message().Interface())
		}
	default:
		f.message(at, value.Message().Interface())
	}
}

// fits checks what Envoy would take, and what would not work with the planner.
func (f *envoyFile) fits(path string, m proto.Message) {
	switch m := m.(type) {
	case *transcoderv3.GrpcJsonTranscoder:
		f.transcoder(path, m)
	case *routev3.RetryPolicy:
		f.retryPolicy(path, m)
	case *hcmv3.HttpConnectionManager:
		filters := m.GetHttpFilters()
		for _, filter := range filters {
			f.filters[filter.GetName()] = true
		}
		last := filters[len(filters)-1]
		if last.GetTypedConfig().GetTypeUrl() != "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" {
			f.add("%s: the last filter is %s, not the router", path, last.GetName())
		}
	case *routev3.RouteAction:
		if !f.clusters[m.GetCluster()] {
			f.add("%s: there is no cluster %q", path, m.GetCluster())
		}
	case *routev3.VirtualHost:
		for name := range m.GetTypedPerFilterConfig() {
			if !f.filters[name] {
				f.add("%s: there is no filter %s before it", path, name)
			}
		}
	case *corev3.HealthCheck_GrpcHealthCheck:
		f.service(path, m.GetServiceName())
	case *clusterv3.Cluster:
		if m.GetLbPolicy() != clusterv3.Cluster_ROUND_ROBIN || len(m.GetHealthChecks()) == 0 {
			f.add("%s: calls do not go round the planners that are healthy", path)
		}
		for name, options := range m.GetTypedExtensionProtocolOptions() {
			if options.GetTypeUrl() != "type.googleapis.com/"+name {
				f.add("%s: options are named %s, not as their type", path, name)
			}
		}
	case *tlsv3.UpstreamTlsContext:
		if m.GetCommonTlsContext().GetTlsParams().GetTlsMaximumProtocolVersion() != tlsv3.TlsParameters_TLSv1_3 {
			f.add("%s: a planner speaks only TLS 1.3", path)
		}
	}
}

func (f *envoyFile) transcoder(path string, m *transcoderv3.GrpcJsonTranscoder) {
	if len(m.GetServices()) == 0 || !m.GetAutoMapping() || m.GetProtoDescriptor() == "" {
		f.add("%s: transcodes nothing", path)
	}
	for _, name := range m.GetServices() {
		f.service(path, name)
	}
	if !m.GetConvertGrpcStatus() {
		return
	}
	for _, name := range []protoreflect.FullName{"google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.PreconditionFailure", "google.rpc.RetryInfo"} {
		if _, err := f.described.FindDescriptorByName(name); err != nil {
			f.add("%s: details of errors are lost: no %s among the descriptors", path, name)
		}
	}
}

func (f *envoyFile) service(path, name string) {
	found, err := f.described.FindDescriptorByName(protoreflect.FullName(name))
	if _, ok := found.(protoreflect.ServiceDescriptor); err != nil || !ok {
		f.add("%s: the API has no service %q", path, name)
	}
}

// retryPolicy compares with what clients do by themselves.
func (f *envoyFile) retryPolicy(path string, m *routev3.RetryPolicy) {
	f.retries++
	var on []string
	for _, condition := range strings.Split(m.GetRetryOn(), ",") {
		switch condition {
		case "unavailable", "resource-exhausted":
			on = append(on, strings.ToUpper(strings.ReplaceAll(condition, "-", "_")))
		case "connect-failure", "refused-stream", "reset-before-request": // what gRPC calls UNAVAILABLE
		default:
			f.add("%s: repeats on %s, which the service config does not", path, condition)
		}
	}
	got := retries{
		MaxAttempts:          int(m.GetNumRetries().GetValue()) + 1,
		InitialBackoff:       m.GetRetryBackOff().GetBaseInterval().AsDuration(),
		MaxBackoff:           m.GetRetryBackOff().GetMaxInterval().AsDuration(),
		RetryableStatusCodes: on,
	}
	if got.MaxAttempts != f.want.MaxAttempts || got.InitialBackoff != f.want.InitialBackoff ||
		got.MaxBackoff != f.want.MaxBackoff || !slices.Equal(got.RetryableStatusCodes, f.want.RetryableStatusCodes) {
		f.add("%s: repeats calls as %+v, and the service config says %+v", path, got, f.want)
	}
}

func readDescriptors(file string) (*protoregistry.Files, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(text, set); err != nil {
		return nil, err
	}
	return protodesc.NewFiles(set)
}
