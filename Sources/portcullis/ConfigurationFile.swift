import Bytes
import Configuration
import Glibc
import Proxy
import Transport

/// The configuration file that a command works with.
struct ConfigurationFile {
  let name: String

  private static let candidates = ["gateway.json", "/etc/portcullis/gateway.json"]
  private static let sizeMax = 16 * 1024 * 1024

  /// - Parameter name: as given with `-c`; nil for the first of the usual places where there is one.
  init(named name: String?) {
    self.name = name ?? Self.candidates.first { unsafe access($0, F_OK) == 0 } ?? Self.candidates[0]
  }

  /// What the file comes to, ready to serve; nil when it can't be used, after everything that is wrong was shown.
  func snapshot(for purpose: SnapshotBuilder.Purpose) -> Snapshot? {
    let reading = read(for: purpose)
    if let problem = reading.problem { Terminal.error("portcullis: \(problem)") }
    Self.show(reading.diagnostics)
    return reading.snapshot
  }

  /// What the file comes to, ready to serve, and all there is to say about it.
  ///
  /// - Parameter previous: what is served until now, for a reload.
  func read(for purpose: SnapshotBuilder.Purpose, after previous: Snapshot? = nil) -> ConfigurationReading {
    let loaded: ConfigurationLoader.Result
    switch load() {
    case .success(let result): loaded = result
    case .failure(let problem): return ConfigurationReading(snapshot: nil, diagnostics: [], problem: problem.text)
    }
    guard let configuration = loaded.configuration else {
      return ConfigurationReading(snapshot: nil, diagnostics: loaded.diagnostics)
    }
    switch SnapshotBuilder.build(configuration, for: purpose, after: previous) {
    case .success(let snapshot):
      return ConfigurationReading(snapshot: snapshot, diagnostics: loaded.diagnostics + snapshot.warnings)
    case .failure(let errors):
      return ConfigurationReading(snapshot: nil, diagnostics: loaded.diagnostics + errors.diagnostics)
    }
  }

  /// What the file says, without a look at anything that it names; nil after everything that is wrong was shown.
  func configuration() -> GatewayConfiguration? {
    switch load() {
    case .success(let result):
      Self.show(result.diagnostics)
      return result.configuration
    case .failure(let problem):
      Terminal.error("portcullis: \(problem.text)")
      return nil
    }
  }

  private func load() -> Result<ConfigurationLoader.Result, ReadingProblem> {
    do throws(SystemError) {
      let contents = try FileReader.read(path: name, limit: Self.sizeMax)
      return .success(ConfigurationLoader.load(contents.span, fileName: name, environment: Self.environment))
    } catch {
      let hint = error.code == ENOENT ? "; -c names another file" : ""
      return .failure(ReadingProblem(text: "the configuration '\(name)' can't be read: \(error)\(hint)"))
    }
  }

  private struct ReadingProblem: Error {
    let text: String
  }

  static func show(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { Terminal.error(diagnostic.description) }
  }

  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = unsafe environ
    while let text = unsafe entry.pointee {
      let parts = unsafe String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      unsafe entry += 1
    }
    return variables
  }
}
