import Bytes
import HTTP
import JSON
import Tokens

/// An identity provider's description of itself (OpenID Connect Discovery 1.0 §3), which names its key set.
struct ProviderDescription: Equatable {
  let keySet: HTTPURL

  /// Reads the provider's document.
  ///
  /// - Parameters:
  ///   - issuer: what the document must have for its own name, to the octet (§4.3): else anybody who can put a file somewhere
  ///     speaks for others.
  ///   - url: where it was found; what comes over HTTPS may not lead to keys that don't.
  init(_ document: Span<UInt8>, issuer: String, at url: HTTPURL) throws(DescriptionFault) {
    guard let description = try Self.parse(document).object else { throw .noObject }
    guard let name = description["issuer"]?.string else { throw .issuerMissing }
    guard name.equalsExactly(issuer) else { throw .otherIssuer(named: name, configured: issuer) }
    guard let address = description["jwks_uri"]?.string else { throw .keySetMissing }
    let keySet: HTTPURL
    do throws(HTTPURLFault) {
      keySet = try HTTPURL(address)
    } catch {
      throw .keySetMalformed(error)
    }
    guard keySet.scheme == .https || url.scheme == .http else { throw .keySetUnprotected }
    self.keySet = keySet
  }

  private static func parse(_ document: Span<UInt8>) throws(DescriptionFault) -> JSONValue {
    do throws(JSONError) {
      return try JSONReader.parse(document, limits: .body)
    } catch {
      throw .noJSON(VisibleText.plain(error.message))
    }
  }
}

/// The reason for which a provider's description is of no use.
enum DescriptionFault: Error, Equatable {
  case noJSON(String)
  case noObject
  case issuerMissing
  case otherIssuer(named: String, configured: String)
  case keySetMissing
  case keySetMalformed(HTTPURLFault)
  case keySetUnprotected

  var text: String {
    switch self {
    case .noJSON(let reason): "the provider's description of itself is no JSON: \(reason)"
    case .noObject: "the provider's description of itself is no JSON object"
    case .issuerMissing: "the provider's description of itself has no 'issuer'"
    case .otherIssuer(let named, let configured):
      "the provider's description of itself is that of another issuer: it names \(Self.shown(named)), "
        + "and the configuration \(Self.shown(configured))"
        + (named == configured + "/" || named + "/" == configured ? ", which differ in the slash at the end" : "")
    case .keySetMissing: "the provider's description of itself has no 'jwks_uri'"
    case .keySetMalformed(let fault): "the provider's 'jwks_uri' can't be used: \(fault.text)"
    case .keySetUnprotected: "the provider's 'jwks_uri' is not an 'https://' URL"
    }
  }

  /// A name for a log, if it is not too long.
  private static func shown(_ name: String) -> String {
    let beginning = name.unicodeScalars.prefix(256)
    return VisibleText.quoted(String(beginning)) + (beginning.endIndex == name.unicodeScalars.endIndex ? "" : "…")
  }
}
