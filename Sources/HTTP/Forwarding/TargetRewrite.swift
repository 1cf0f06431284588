import Bytes

/// The change of a route to the path on its way upstream: a prefix taken off, then another put on.
package struct TargetRewrite: Sendable, Equatable {
  /// Canonical, without a slash at the end: empty, or `/` and whole segments.
  let stripped: [UInt8]
  private let added: [UInt8]

  /// A rewrite that takes `stripped` off and puts `added` on, either of which may be empty.
  /// - Throws: `PathFault` if one is neither empty nor a path without parameters or encoded slashes.
  package init(stripping stripped: String, adding added: String) throws(PathFault) {
    self.stripped = try Self.prefix(stripped)
    self.added = try Self.prefix(added)
  }

  /// True if nothing is changed.
  package var isEmpty: Bool { stripped.isEmpty && added.isEmpty }

  /// True if the result would be canonical, so that the upstream sees the path that was judged.
  ///
  /// To be asked before ``write(_:to:)``. Of a canonical path whole segments can be taken without harm; this is the check that
  /// nothing else was asked for.
  package func isSafe(for target: borrowing RequestTarget) -> Bool {
    let rest = rest(of: target)
    return !target.isAsterisk && (rest.isEmpty || CanonicalPath.isCanonical(rest))
  }

  /// Appends the rewritten path, without the query.
  package func write<Sink: TextSink & ~Copyable>(_ target: borrowing RequestTarget, to sink: inout Sink) {
    let rest = rest(of: target)
    sink.append(added.span)
    if rest.isEmpty && added.isEmpty { sink.append("/") }
    sink.append(rest)
  }

  /// The path behind the prefix that is taken off; the whole of it if it does not begin with that.
  @_lifetime(borrow target)
  private func rest(of target: borrowing RequestTarget) -> Span<UInt8> {
    let path = target.path
    let count = stripped.count
    guard path.starts(with: stripped.span), path.count == count || path[count] == UInt8(ascii: "/") else { return path }
    return path.extracting(count..<path.count)
  }

  private static func prefix(_ text: String) throws(PathFault) -> [UInt8] {
    guard !text.isEmpty else { return [] }
    var path: [UInt8] = []
    let traits = try CanonicalPath.append(Array(text.utf8).span, to: &path)
    guard traits == CanonicalPath.Traits() else { throw .forbiddenOctet }
    if path.last == UInt8(ascii: "/") { path.removeLast() }
    return path
  }
}
