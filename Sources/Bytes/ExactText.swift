/// A text as a key of a set or a dictionary: the same as another if both have the same bytes.
///
/// `String` compares and hashes what Unicode takes for the same, which takes more than linear time for some texts: a long run of
/// combining marks is sorted, each time. Whatever strangers may have written is looked up as this instead. It also keeps two names
/// apart that every other program tells apart.
package struct ExactText: Sendable, Hashable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (left: ExactText, right: ExactText) -> Bool {
    left.text.utf8Span.span.equals(right.text.utf8Span.span)
  }

  /// Uses the process's own seed.
  package func hash(into hasher: inout Hasher) {
    let bytes = text.utf8Span.span
    // SAFETY: the hasher reads the bytes inside the closure only.
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    hasher.combine(bytes.count)
  }
}
