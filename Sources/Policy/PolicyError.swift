package import Configuration

/// A configuration that passed its loader and still can't be made ready.
package struct PolicyError: Error {
  /// The errors, each with its place.
  package let diagnostics: [Diagnostic]
}
