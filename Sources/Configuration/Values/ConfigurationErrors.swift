/// The reasons for which a configuration can't be made ready to serve.
package struct ConfigurationErrors: Error {
  /// Each with its place.
  package let diagnostics: [Diagnostic]

  package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}
