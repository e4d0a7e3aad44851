// Package bench measures the planner as a whole: planning alone, a call in process beside what protobuf
// takes for the same bytes, calls over gRPC, how cost grows, throughput beside a bare echo, what canceled
// calls go on to do, and memory. It consists of benchmarks and of tests that run only when they are asked for
// by a flag. docs/performance.md tells what came out.
package bench
