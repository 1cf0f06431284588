import Glibc

/// The duration of a fuzzing test: one second, unless `PORTCULLIS_FUZZ_SECONDS` says otherwise.
package enum Fuzzing {
  /// The seconds that each such test may take.
  package static var seconds: Double {
    unsafe getenv("PORTCULLIS_FUZZ_SECONDS").flatMap { unsafe Double(String(cString: $0)) } ?? 1
  }

  /// The moment at which a test that begins now ends.
  package static var end: ContinuousClock.Instant { .now + .seconds(seconds) }
}
