import Bytes

/// Recognises keys in DER (X.690 §10) by the shapes that their standards give them.
///
/// Nothing is made of what they hold. The shapes are strict enough that random bytes have one of them by no accident.
struct DERKey: ~Escapable {
  private let bytes: Span<UInt8>

  /// Recognises bytes that are one key or certificate, with nothing but blanks behind it.
  ///
  /// It is one of these:
  /// - a public key: SubjectPublicKeyInfo (RFC 5280 §4.1) or RSAPublicKey (RFC 8017 §A.1.1);
  /// - a private key: PKCS #8, encrypted or not (RFC 5958), RSAPrivateKey (RFC 8017 §A.1.2), ECPrivateKey (RFC 5915), or that of DSA;
  /// - a certificate or a request for one (RFC 5280 §4.1, RFC 2986 §4);
  /// - a container of keys or certificates: PKCS #12 (RFC 7292 §4) or PKCS #7 (RFC 2315 §7).
  static func fills(_ bytes: Span<UInt8>) -> Bool {
    let key = DERKey(bytes: bytes)
    guard let whole = key.element(at: 0, before: bytes.count), whole.tag == .sequence else { return false }
    for index in whole.contents.upperBound..<bytes.count where !bytes[index].isBlank { return false }
    guard let parts = key.elements(in: whole.contents) else { return false }
    return key.isKey(parts)
  }

  @_lifetime(copy bytes)
  private init(bytes: Span<UInt8>) { self.bytes = bytes }

  // MARK: Shapes

  private func isKey(_ parts: [Element]) -> Bool {
    let tags = parts.map(\.tag)
    switch tags {
    case [.sequence, .bitString]: return isAlgorithm(parts[0]) && isWholeOctets(parts[1])
    case [.sequence, .octetString]: return isAlgorithm(parts[0])
    case [.sequence, .sequence, .bitString]: return isAlgorithm(parts[1]) && isWholeOctets(parts[2])
    case [.integer, .integer]: return isPositive(parts[0], byteCount: 32) && isPositive(parts[1], byteCount: 1)
    case [.objectIdentifier, .context0]: return !parts[0].contents.isEmpty
    default: break
    }
    guard tags.count > 1, tags[0] == .integer, parts[0].contents.count == 1 else { return false }
    let version = bytes[parts[0].contents.lowerBound]
    switch tags[1] {
    case .sequence where version == 3: return isContentInfo(parts[1])
    case .sequence: return version < 2 && tags.count > 2 && tags[2] == .octetString && isAlgorithm(parts[1])
    case .octetString: return version == 1 && parts[1].contents.count >= 14
    // DSA has five numbers behind its version, RSA eight.
    case .integer: return version < 2 && tags.count >= 6 && tags.prefix(6).allSatisfy { $0 == .integer }
    case .bitString, .objectIdentifier, .context0, .other: return false
    }
  }

  /// AlgorithmIdentifier (RFC 5280 §4.1.1.2): an object identifier, and perhaps parameters.
  private func isAlgorithm(_ element: Element) -> Bool {
    guard let parts = elements(in: element.contents), let first = parts.first else { return false }
    return first.tag == .objectIdentifier && first.contents.count >= 3 && parts.count <= 2
  }

  private func isContentInfo(_ element: Element) -> Bool {
    elements(in: element.contents).map { $0.map(\.tag) == [.objectIdentifier, .context0] } ?? false
  }

  private func isWholeOctets(_ element: Element) -> Bool {
    element.contents.count > 1 && bytes[element.contents.lowerBound] == 0
  }

  private func isPositive(_ number: Element, byteCount: Int) -> Bool {
    number.contents.count >= byteCount && bytes[number.contents.lowerBound] < 0x80
  }

  // MARK: Elements

  private struct Element {
    let tag: Tag
    let contents: Range<Int>
  }

  private enum Tag: Equatable {
    case integer, bitString, octetString, objectIdentifier, sequence
    /// `[0]`, constructed.
    case context0
    case other

    init(_ byte: UInt8) {
      switch byte {
      case 0x02: self = .integer
      case 0x03: self = .bitString
      case 0x04: self = .octetString
      case 0x06: self = .objectIdentifier
      case 0x30: self = .sequence
      case 0xA0: self = .context0
      default: self = .other
      }
    }
  }

  /// The elements that fill the range; nil if they don't, or are more than any key has.
  private func elements(in range: Range<Int>) -> [Element]? {
    var elements: [Element] = []
    var position = range.lowerBound
    while position < range.upperBound {
      guard elements.count < 16, let element = element(at: position, before: range.upperBound) else { return nil }
      elements.append(element)
      position = element.contents.upperBound
    }
    return elements
  }

  /// The element that begins there and does not go beyond the end; its length in the shortest form, as DER wants it.
  private func element(at position: Int, before end: Int) -> Element? {
    guard position + 2 <= end else { return nil }
    var start = position + 2
    var count = Int(bytes[position + 1])
    if count >= 0x80 {
      let size = count - 0x80
      guard (1...4).contains(size), start + size <= end, bytes[start] != 0 else { return nil }
      count = 0
      for index in start..<(start + size) { count = count << 8 | Int(bytes[index]) }
      guard count >= 0x80 else { return nil }
      start += size
    }
    guard count <= end - start else { return nil }
    return Element(tag: Tag(bytes[position]), contents: start..<(start + count))
  }
}
