package import Transport

/// The reason why a connection could not be made safe, or did not stay so.
///
/// For operators: none of the library's own words, and nothing that a client is told.
package enum TLSError: Error, Sendable, Equatable {
  /// The other side can't prove who it is.
  case certificate(CertificateFault)
  /// The other side does not speak TLS.
  case notTLS
  /// There is no version or cipher that both sides take.
  case nothingInCommon
  /// The other side refused with that alert (RFC 8446 §6).
  case alert(Int)
  /// The connection ended without the other side's word that this is the end.
  case closedEarly
  case timedOut
  case connection(SystemError)
  /// The other side sent no proper TLS, or libssl failed.
  case malformed

  /// The reason in words about a client.
  package var textOfClient: String {
    switch self {
    case .certificate(let fault): fault.text
    case .notTLS: "it does not speak TLS"
    case .nothingInCommon: "it speaks no version or cipher of ours"
    case .alert(let number): "it ended the handshake (\(TLSAlert.text(number)))"
    case .closedEarly: "it closed the connection too early"
    case .timedOut: "it took too long"
    case .connection(let error): error.text
    case .malformed: "it does not keep to TLS, or asked for what this listener does not have"
    }
  }

  package var text: String {
    switch self {
    case .certificate(let fault): fault.text
    case .notTLS: "what answers there does not speak TLS"
    case .nothingInCommon: "it takes neither TLS 1.2 nor TLS 1.3 with a cipher of ours"
    case .alert(let number): "it refused the TLS handshake (\(TLSAlert.text(number)))"
    case .closedEarly: "it closed the connection too early"
    case .timedOut: "it took too long"
    case .connection(let error): error.text
    case .malformed: "it does not keep to TLS"
    }
  }
}

/// The fault of the other side's certificate.
package enum CertificateFault: Sendable, Hashable {
  case expired
  case notYetValid
  /// It is for another name.
  case otherName(String)
  /// No trusted authority has signed it.
  case unknownAuthority
  case selfSigned
  case revoked
  /// It may not be used for a server, or an authority in its chain may not be one.
  case otherUse
  /// A key or a signature in its chain is too weak.
  case weak
  /// Anything else, by libcrypto's number.
  case other(Int)

  /// The same with the way out, where the configuration may name the authority.
  package var textWithRemedy: String {
    switch self {
    case .unknownAuthority, .selfSigned: "\(text): name it with 'ca'"
    case .expired, .notYetValid, .otherName, .revoked, .otherUse, .weak, .other: text
    }
  }

  package var text: String {
    switch self {
    case .expired: "its certificate has expired"
    case .notYetValid: "its certificate is not valid yet"
    case .otherName(let name): "its certificate is not for '\(name)'"
    case .unknownAuthority: "its certificate comes from an authority that is not trusted"
    case .selfSigned: "its certificate is signed by itself and not trusted"
    case .revoked: "its certificate has been revoked"
    case .otherUse: "its certificate is not made for this use"
    case .weak: "its certificate is too weak"
    case .other(let code): "its certificate is not accepted (code \(code))"
    }
  }
}
