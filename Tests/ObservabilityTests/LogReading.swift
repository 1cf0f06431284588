import TestSupport
import Transport

/// A log in a file of the test's own.
struct LogReading {
  private let directory: TemporaryDirectory
  let sink: ByteSink

  init() throws {
    directory = try TemporaryDirectory()
    sink = try ByteSink(.file(path: directory("log")))
  }

  /// The lines that were written, after which no more may come.
  func lines() throws -> [String] {
    sink.finish(within: .seconds(10))
    let bytes = try FileReader.read(path: directory("log"), limit: 1 << 20)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
