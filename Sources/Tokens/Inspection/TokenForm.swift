import JSON

/// As much of a token as can be shown, be it well formed or not.
struct TokenForm {
  let byteCount: Int
  let byteCountMax: Int
  let header: JSONObject?
  let payload: JSONObject?
  /// The token taken apart; nil if it is malformed.
  let token: UnverifiedToken?
  /// The flaw of a malformed token.
  let flaw: TokenFlaw?

  init(_ text: Span<UInt8>, byteCountMax: Int) {
    byteCount = text.count
    self.byteCountMax = byteCountMax
    if text.count > byteCountMax {
      (token, flaw, header, payload) = (nil, nil, nil, nil)
    } else {
      (token, flaw) = Self.takeApart(text)
      (header, payload) = Self.parts(of: text)
    }
  }

  private static func takeApart(_ text: Span<UInt8>) -> (UnverifiedToken?, TokenFlaw?) {
    do throws(TokenFlaw) {
      return (try UnverifiedToken(text), nil)
    } catch {
      return (nil, error)
    }
  }

  /// The parts that can be decoded each by itself.
  private static func parts(of text: Span<UInt8>) -> (header: JSONObject?, payload: JSONObject?) {
    guard let (first, second) = try? UnverifiedToken.dots(in: text) else { return (nil, nil) }
    let header = try? UnverifiedToken.object(.header, text.extracting(..<first))
    let payload = try? UnverifiedToken.object(.payload, text.extracting((first + 1)..<second))
    return (header, payload)
  }
}
