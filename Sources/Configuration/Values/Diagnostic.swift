package import JSON

/// Something that the operator should know about the configuration: an error, with which it is not used, or a warning.
package struct Diagnostic: Sendable, Equatable {
  package enum Severity: String, Sendable {
    case error
    case warning
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

extension Diagnostic: CustomStringConvertible {
  /// As compilers write it: `gateway.json:12:17: error: …`.
  package var description: String {
    "\(file):\(location.line):\(location.column): \(severity.rawValue): \(message)"
  }
}
