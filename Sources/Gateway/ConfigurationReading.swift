package import Configuration
package import Proxy

/// The outcome of reading the configuration file.
package struct ConfigurationReading {
  /// Nil if the file can't be used.
  package let snapshot: Snapshot?
  /// Everything that there is to say about what stands in it.
  package let diagnostics: [Diagnostic]
  /// The reason for which the file can't be read at all; nil if it can.
  package let problem: String?

  package init(snapshot: Snapshot?, diagnostics: [Diagnostic], problem: String? = nil) {
    self.snapshot = snapshot
    self.diagnostics = diagnostics
    self.problem = problem
  }
}
