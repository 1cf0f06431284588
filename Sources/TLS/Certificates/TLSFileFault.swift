import Bytes

/// The reason why a file of certificates or keys can't be used, for operators.
package enum TLSFileFault: Error, Sendable, Equatable {
  /// The system's words.
  case unreadable(String)
  case noCertificate
  /// A block of that label can't be read as what it says it is.
  case damaged(String)
  case noKey
  case encryptedKey
  /// The private key belongs to another certificate.
  case otherKey(certificate: String)
  /// In seconds since 1970.
  case expired(at: Int)
  case notYetValid(until: Int)
  /// libssl refuses the key or the signature as too weak.
  case weak
  case noRevocationList
  /// libcrypto lacks a function, or had no memory.
  case unavailable

  /// A moment as messages have it.
  package static func date(_ seconds: Int) -> String { CalendarTime(unixSeconds: seconds).iso8601 }

  package var text: String {
    switch self {
    case .unreadable(let reason): "it can't be read: \(reason)"
    case .noCertificate: "it holds no certificate in PEM form"
    case .damaged(let label): "its \(label) is damaged"
    case .noKey: "it holds no private key in PEM form"
    case .encryptedKey: "its private key is encrypted; 'openssl pkey -in FILE -out NEW' decrypts it"
    case .otherKey(let certificate): "its private key does not belong to the certificate in '\(certificate)'"
    case .expired(let time): "its certificate expired on \(Self.date(time)): get a new one"
    case .notYetValid(let time): "its certificate is not valid before \(Self.date(time)): check the clock"
    case .weak:
      "its key or signature is too weak: RSA keys have 2048 bits or more, and signatures use SHA-256 or better"
    case .noRevocationList: "it holds no list of revoked certificates in PEM form"
    case .unavailable: "libcrypto of this system can't use it"
    }
  }
}
