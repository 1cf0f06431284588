/// The outcome of an attempt to read a request head.
package enum HeadParse: Sendable, Equatable {
  /// All is well so far, and the head is not at its end.
  case needsMore
  /// The head is complete and takes that many of the bytes.
  case complete(byteCount: Int)
  /// The head is refused.
  case rejected(HeadRejection)
}

/// The outcome of an attempt to read a response head.
package enum ResponseHeadParse: Sendable, Equatable {
  /// All is well so far, and the head is not at its end.
  case needsMore
  /// The head is complete and takes that many of the bytes.
  case complete(byteCount: Int)
  /// The upstream spoke nonsense.
  case rejected(ResponseRejection)
}
