public import Bytes

/// The resource that a request is for: path and query, made canonical once (RFC 9110 §7.1).
///
/// Routing and forwarding use this value only.
@usableFromInline
package struct RequestTarget: ~Copyable {
  @usableFromInline
  struct Storage: ~Copyable {
    /// The canonical path, and behind it `?` and the query if there is one.
    @usableFromInline var bytes = ByteBuffer(capacity: 0)
    @usableFromInline var pathCount = 0
    @usableFromInline var isAsterisk = false
    var traits = CanonicalPath.Traits()
  }

  /// In memory of its own, as that of a ``RequestHead`` is.
  @usableFromInline var storage = Boxed(Storage())

  package init() {}

  /// True for `*`, by which OPTIONS means the server itself (RFC 9110 §7.1); there is no path then.
  @inlinable package var isAsterisk: Bool { storage.value.isAsterisk }
  /// Some segment of the path holds an encoded slash; a route must say that it takes them.
  package var hasEncodedSlash: Bool { storage.value.traits.hasEncodedSlash }
  /// Some segment of the path carries `;` parameters; it is matched with and without them.
  package var hasParameters: Bool { storage.value.traits.hasParameters }

  /// The canonical path; `*` where ``isAsterisk`` holds.
  @inlinable package var path: Span<UInt8> {
    @_lifetime(borrow self) get { storage.value.bytes.readable.extracting(0..<storage.value.pathCount) }
  }

  /// The part behind the first `?`, as it was sent; nil without one.
  @inlinable package var query: Span<UInt8>? {
    @_lifetime(borrow self) get {
      let bytes = storage.value.bytes.readable
      let pathCount = storage.value.pathCount
      guard bytes.count > pathCount else { return nil }
      return bytes.extracting((pathCount &+ 1)..<bytes.count)
    }
  }

  /// Path and query together, as they are forwarded when a route changes nothing.
  @inlinable package var pathAndQuery: Span<UInt8> {
    @_lifetime(borrow self) get { storage.value.bytes.readable }
  }

  /// The path as a server reads it that drops `;` parameters.
  ///
  /// Allocates: only for paths that have some.
  package var pathWithoutParameters: [UInt8] { CanonicalPath.withoutParameters(path) }

  /// The path as a server reads it that takes `%2F` for a slash.
  ///
  /// Allocates: only for paths that have some.
  package var pathWithSlashesDecoded: [UInt8] { CanonicalPath.withSlashesDecoded(path) }

  /// Takes a path with its query apart, or the asterisk of OPTIONS.
  ///
  /// On a throw the value is of no use until the next call.
  package mutating func parse(_ raw: Span<UInt8>, method: Method) throws(HeadRejection) {
    try begin(raw)
    if raw.count > 0, raw[0] == UInt8(ascii: "/") {
      try setPathAndQuery(raw)
    } else if raw.equals("*"), method.isOptions {
      setAsterisk()
    } else {
      throw .malformedTarget
    }
  }

  /// Takes over a target whose path is canonical as it stands.
  mutating func setPlain(_ raw: Span<UInt8>, pathCount: Int) {
    storage.value.bytes.removeAll()
    storage.value.isAsterisk = false
    storage.value.traits = CanonicalPath.Traits()
    storage.value.bytes.appendInline(raw)
    storage.value.pathCount = pathCount
  }

  /// Takes apart what stands behind the authority of a URL, where a path may be missing.
  mutating func parse(afterAuthority rest: Span<UInt8>, method: Method) throws(HeadRejection) {
    try begin(rest)
    if rest.isEmpty, method.isOptions {
      setAsterisk()  // RFC 9112 §3.2.4: the last proxy on the way makes it the asterisk form.
    } else if rest.isEmpty || rest[0] == UInt8(ascii: "?") {
      storage.value.bytes.append(UInt8(ascii: "/"))
      storage.value.pathCount = 1
      storage.value.bytes.append(rest)
    } else {
      try setPathAndQuery(rest)
    }
  }

  private mutating func begin(_ raw: Span<UInt8>) throws(HeadRejection) {
    storage.value.bytes.removeAll()
    storage.value.isAsterisk = false
    storage.value.traits = CanonicalPath.Traits()
    // A fragment never crosses the wire, and a matcher that saw one would see another path than the upstream.
    guard raw.firstIndex(of: UInt8(ascii: "#")) == nil else { throw .malformedTarget }
  }

  private mutating func setPathAndQuery(_ raw: Span<UInt8>) throws(HeadRejection) {
    let end = raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.count
    let path = raw.extracting(first: end)
    if CanonicalPath.isPlain(path) {
      storage.value.bytes.append(raw)
      storage.value.pathCount = end
      return
    }
    var canonical: [UInt8] = []
    do {
      storage.value.traits = try CanonicalPath.append(path, to: &canonical)
    } catch {
      throw .ambiguousPath(error)
    }
    storage.value.bytes.append(canonical.span)
    storage.value.pathCount = canonical.count
    storage.value.bytes.append(raw.extracting(end..<raw.count))
  }

  private mutating func setAsterisk() {
    storage.value.isAsterisk = true
    storage.value.bytes.append(UInt8(ascii: "*"))
    storage.value.pathCount = 1
  }
}
