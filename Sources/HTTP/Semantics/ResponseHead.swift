public import Bytes

/// The head of an upstream's response that passed every rule that the gateway enforces, whatever version of HTTP it came in.
///
/// Only the parser of a version fills one. Its storage is kept from one response to the next, and it outlives the bytes that it was
/// read from. It lies in memory of its own, as that of a ``RequestHead`` does.
@usableFromInline
package struct ResponseHead: ~Copyable {
  @usableFromInline
  struct Storage: ~Copyable {
    @usableFromInline var status = 200
    @usableFromInline var version = Version.http11
    @usableFromInline var body = BodyLength.none
    @usableFromInline var contentLength: UInt64?
    /// The fields that the sender names as meant for one hop only, beyond those that are so by their nature.
    var nominated = ListedWords()
    var reasonRange = 0..<0
  }

  @usableFromInline var storage = Boxed(Storage())
  @usableFromInline package internal(set) var fields = Fields()

  package init() {}

  /// From 100 to 599.
  @inlinable package var status: Int { storage.value.status }
  @inlinable package var version: Version { storage.value.version }
  /// The length of the body that follows.
  @inlinable package var body: BodyLength { storage.value.body }
  /// The length that `Content-Length` says, also where no body follows (to HEAD, 304).
  @inlinable package var contentLength: UInt64? { storage.value.contentLength }

  /// True if another response to the same request follows (RFC 9110 §15.2).
  ///
  /// A 101 is the last one.
  @inlinable package var isInterim: Bool { status < 200 && status != 101 }

  /// The words behind the status, which mean nothing; may be empty.
  package var reason: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.extracting(storage.value.reasonRange) }
  }

  /// True if `Connection` names the field, so that it concerns one connection alone (RFC 9110 §7.6.1).
  func isNominated(_ name: Span<UInt8>) -> Bool { namesFields && storage.value.nominated.contains(name, in: fields) }

  /// True if `Connection` names a field that would not end here anyway.
  var namesFields: Bool { !storage.value.nominated.isEmpty }
}
