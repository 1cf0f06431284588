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
  func snapshot() -> Snapshot? {
    let contents: [UInt8]
    do throws(SystemError) {
      contents = try FileReader.read(path: name, limit: Self.sizeMax)
    } catch {
      let hint = error.code == ENOENT ? "; -c names another file" : ""
      Terminal.error("portcullis: the configuration '\(name)' can't be read: \(error)\(hint)")
      return nil
    }
    let result = ConfigurationLoader.load(contents.span, fileName: name, environment: Self.environment)
    Self.show(result.diagnostics)
    guard let configuration = result.configuration else { return nil }
    switch SnapshotBuilder.build(configuration) {
    case .success(let snapshot): return snapshot
    case .failure(let errors):
      Self.show(errors.diagnostics)
      return nil
    }
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
