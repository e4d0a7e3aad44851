package main

import (
	"fmt"
	"io"
	"os"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// descriptors adds google/rpc/error_details.proto, and what it imports, to the set on standard input: the details of
// errors are in an Any, and nothing in proto/ imports their types. Envoy needs them to write errors as JSON.
func descriptors([]string) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(text, set); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, file := range set.GetFile() {
		known[file.GetName()] = true
	}
	appendFile(set, known, errdetails.File_google_rpc_error_details_proto)
	if _, err := protodesc.NewFiles(set); err != nil {
		return fmt.Errorf("the set is not complete: %w", err)
	}
	text, err = proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

// appendFile adds a file behind those that it imports.
func appendFile(set *descriptorpb.FileDescriptorSet, known map[string]bool, file protoreflect.FileDescriptor) {
	if known[file.Path()] {
		return
	}
	known[file.Path()] = true
	for i := range file.Imports().Len() {
		appendFile(set, known, file.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}
