package import JSON

/// Something that the operator should know about the configuration: an error, with which it is not used, a warning or a note.
package struct Diagnostic: Sendable, Equatable {
  package enum Severity: String, Sendable {
    case error
    case warning
    /// Something that is fine, and may surprise.
    case note
  }

  package let severity: Severity
  package let file: String
  package let location: SourceLocation
  package let message: String

  package init(severity: Severity, file: String, location: SourceLocation, message: String) {
    self.severity = severity
    self.file = file
    self.location = location
    self.message = message
  }
}

extension Diagnostic {
  /// By place, and at one place as they came; each said once.
  package static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    let sorted = diagnostics.enumerated().sorted {
      ($0.element.location, $0.offset) < ($1.element.location, $1.offset)
    }
    return sorted.map(\.element).reduce(into: []) { said, next in
      if !said.reversed().prefix(while: { $0.location == next.location }).contains(next) { said.append(next) }
    }
  }
}

extension Diagnostic: CustomStringConvertible {
  /// As compilers write it: `gateway.json:12:17: error: …`.
  package var description: String {
    "\(file):\(location.line):\(location.column): \(severity.rawValue): \(message)"
  }
}
