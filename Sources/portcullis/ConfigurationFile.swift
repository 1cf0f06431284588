import Bytes
import Configuration
import Gateway
import Glibc
import Proxy
import Transport

/// The configuration file that a command works with.
struct ConfigurationFile {
  let name: String
  /// True if the command line names the file.
  private let isNamed: Bool

  private static let candidates = ["gateway.json", "/etc/portcullis/gateway.json"]
  private static let sizeMax = 16 * 1024 * 1024

  /// - Parameter name: as given with `-c`; nil for the first of the usual places where there is one.
  init(named name: String?) {
    isNamed = name != nil
    self.name = name ?? Self.candidates.first { unsafe access($0, F_OK) == 0 } ?? Self.candidates[0]
  }

  /// Makes a snapshot of the file, ready to serve; nil if it can't be used, after every error was printed.
  func snapshot(for purpose: Snapshot.Purpose) -> Snapshot? {
    let reading = read(for: purpose)
    if let problem = reading.problem { Terminal.error("portcullis: \(problem)") }
    Self.show(reading.diagnostics)
    return reading.snapshot
  }

  /// Makes a snapshot of the file, ready to serve, with all diagnostics.
  ///
  /// - Parameter previous: the configuration that is served until now, for a reload.
  func read(for purpose: Snapshot.Purpose, after previous: Snapshot? = nil) -> ConfigurationReading {
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

  /// Reads the file without a look at anything that it names; nil after every error was printed.
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

  /// Checks whether a gateway could start with the file, and prints everything that speaks against it.
  ///
  /// Of a file with errors the rest is looked at all the same.
  func check() -> Bool {
    var diagnostics: [Diagnostic]
    switch load() {
    case .success(let result):
      diagnostics = result.diagnostics
      if let draft = result.draft {
        switch SnapshotBuilder.build(draft, for: .checking) {
        case .success(let snapshot): diagnostics += snapshot.warnings
        case .failure(let errors): diagnostics += errors.diagnostics
        }
        diagnostics += StartCheck(draft).run()
      }
    case .failure(let problem):
      Terminal.error("portcullis: \(problem.text)")
      return false
    }
    Self.show(Diagnostic.inOrder(diagnostics))
    guard diagnostics.contains(where: { $0.severity == .error }) else { return true }
    Terminal.error("portcullis: \(name): the configuration can't be used")
    return false
  }

  /// The `pid_file` that the file names, nil without one, whatever else is wrong with it.
  ///
  /// - Throws: that the file can't be understood, after the reason was shown.
  func pidFile() throws(Unusable) -> String? {
    switch load() {
    case .success(let result):
      guard let draft = result.draft else {
        Self.show(result.diagnostics)
        throw Unusable()
      }
      if draft.pidFile == nil { Self.show(result.diagnostics) }
      return draft.pidFile?.value
    case .failure(let problem):
      Terminal.error("portcullis: \(problem.text)")
      throw Unusable()
    }
  }

  /// A file that can't be understood; everything was said.
  struct Unusable: Error {}

  private func load() -> Result<ConfigurationLoader.Result, ReadingProblem> {
    do throws(SystemError) {
      let contents = try FileReader.read(path: name, limit: Self.sizeMax)
      return .success(ConfigurationLoader.load(contents.span, fileName: name, environment: Self.environment))
    } catch {
      if error.code == ENOENT, !isNamed {
        let places = Self.candidates.map { "'\($0)'" }.joined(separator: " nor ")
        return .failure(
          ReadingProblem(text: "there is no configuration: neither \(places) is there; -c names another file"))
      }
      return .failure(ReadingProblem(text: "the configuration '\(name)' can't be read: \(error)"))
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
