import Bytes
import Testing

/// Something that a stranger may send, and what it is called.
struct CostCase: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String

  init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
  }

  var testDescription: String { name }

  /// A text again and again, until it has so many bytes or a few more.
  static func many(_ text: String, _ byteCount: Int) -> String {
    String(repeating: text, count: (byteCount + text.utf8.count - 1) / text.utf8.count)
  }

  /// A list of elements that are as short as they can be, in so many bytes.
  static func list(of byteCount: Int) -> String { many("a,", byteCount) }

  // MARK: Requests

  /// Nearly as much as a head may have, with so many fields.
  private static func head(_ fields: String, line: String = "GET / HTTP/1.1", others count: Int = 60) -> String {
    let others = (0..<count).map { "a\($0): b\r\n" }.joined()
    return "\(line)\r\nHost: a\r\n\(others)\(fields)\r\n\r\n"
  }

  private static let handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

  static func harmlessHead(_ byteCount: Int) -> String {
    head((0..<38).map { "Field-\($0): \(many("some words ", byteCount / 38 - 14))" }.joined(separator: "\r\n"))
  }

  /// Names of one length that differ at their ends only.
  private static func alike(_ count: Int, _ length: Int) -> [String] {
    (0..<count).map { many("n", length - 3) + "\(100 + $0)" }
  }

  static let heads = [
    CostCase("nothing but commas in Connection", head("Connection: \(many(",", 30_000))")),
    CostCase("commas and a name in Connection", head("Connection: x\(many(",", 30_000))")),
    CostCase("commas and blanks in Connection", head("Connection: x\(many(", ", 30_000))")),
    CostCase(
      "names in Connection as long as those of the fields",
      head(
        "Connection: \(alike(31, 450).joined(separator: ","))\r\n"
          + alike(30, 450).map { "\($0): x" }.joined(separator: "\r\n"), others: 5)),
    CostCase("more names in Connection than are taken", head("Connection: \(list(of: 30_000))")),
    CostCase("many Connection fields", head(many("Connection: x,,,,,,\r\n", 800) + "Connection: \(many(",", 28_000))")),
    CostCase("commas in Upgrade", head("Connection: upgrade\r\nUpgrade: \(many(",", 30_000))\r\nSec-WebSocket-Key: x")),
    CostCase("protocols of a WebSocket", head(handshake + "Sec-WebSocket-Protocol: \(list(of: 28_000))")),
    CostCase(
      "tokens among the protocols of a WebSocket",
      head(handshake + "Sec-WebSocket-Protocol: \(many("bearer,a,", 28_000))")),
    CostCase("extensions of a WebSocket", head(handshake + "Sec-WebSocket-Extensions: \(list(of: 28_000))")),
    CostCase("cookies without value", head("Cookie: \(many("a;", 30_000))")),
    CostCase("separators of cookies", head("Cookie: \(many(";", 30_000))")),
    CostCase("cookies for the token", head("Cookie: \(many("t=a;", 30_000))")),
    CostCase("cookies for the token, some other", head("Cookie: \(many("t=a;", 15_000))t=b;\(many("t=a;", 15_000))")),
    CostCase("many fields for the token", head(many("X-Token: \(many("a", 450))\r\n", 17_000) + "X: y", others: 5)),
    CostCase("addresses of proxies", head("X-Forwarded-For: \(many("127.0.0.1,", 30_000))")),
    CostCase("commas in X-Forwarded-For", head("X-Forwarded-For: \(many(",", 30_000))")),
    CostCase("blanks in X-Forwarded-For", head("X-Forwarded-For: 127.0.0.1,\(many(" ", 29_000)),127.0.0.1")),
    CostCase("an address of IPv6 that does not end", head("X-Forwarded-For: [\(many("0:", 30_000))]")),
    CostCase("ways in Via", head(many("Via: \(many("1.1 a, ", 800))\r\n", 28_000) + "X: y", others: 5)),
    CostCase("fields of one name", head(many("X-Mode: \(many("on", 400))\r\n", 28_000) + "X: y", others: 5)),
    CostCase("an origin", head("Origin: \(many("https://app.example.com", 30_000))")),
    CostCase("a trace", head("traceparent: \(many("0", 30_000))")),
    CostCase("a host of many labels", "GET / HTTP/1.1\r\nHost: \(many("a.", 30_000))a\r\n\r\n"),
    CostCase("a host of one label", "GET / HTTP/1.1\r\nHost: \(many("a", 30_000))\r\n\r\n"),
    CostCase("a host in capitals", "GET / HTTP/1.1\r\nHost: \(many("A.", 30_000))A\r\n\r\n"),
    CostCase("a name of many octets", head("\(many("x_", 30_000)): y")),
    CostCase("blanks around a value", head("X:\(many(" ", 15_000))y\(many("\t", 15_000))")),
    CostCase("what begins like a token", head("User-Agent: \(many("eyJ", 30_000))")),
    CostCase("a token with many parts", head("Authorization: Bearer \(many("eyJ.", 30_000))")),
  ]

  // MARK: Targets

  static func harmlessTarget(_ byteCount: Int) -> String {
    "GET /\(many("some/path-of-words/", byteCount / 2))?\(many("name=some-value&", byteCount / 2 - 60)) HTTP/1.1\r\nHost: a\r\n\r\n"
  }

  private static func target(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

  static let paths = [
    CostCase("slashes", target(many("/", 8000))),
    CostCase("dot segments", target("/a\(many("/.", 7900))")),
    CostCase("ways down and up", target(many("/a/..", 8000))),
    CostCase("a way down, then up", target(many("/a", 3200) + many("/..", 4700))),
    CostCase("escapes", target("/" + many("%41", 7900))),
    CostCase("escapes that stay", target("/" + many("%7B", 7900))),
    CostCase("encoded slashes", target("/a" + many("%2Fa", 7900))),
    CostCase("nothing but encoded slashes", target("/" + many("%2F", 7900))),
    CostCase("parameters", target(many("/a;", 7900))),
    CostCase("encoded parameters", target(many("/a%3B", 7900))),
    CostCase("semicolons", target("/a" + many(";", 7900))),
    CostCase("encoded ends", target(many("/a%3F%23", 7900))),
    CostCase("long encodings", target(many("/%E0%A4%A4", 7900))),
    CostCase("characters to escape", target("/" + many("{", 7900))),
    CostCase("parameters of a query without value", target("/?" + many("a&", 7900))),
    CostCase("separators of a query", target("/?" + many("&", 7900))),
    CostCase("parameters for the token", target("/?" + many("t=a&", 7900))),
    CostCase("parameters nearly for the token", target("/?" + many("access_toke%6F&", 7900))),
    CostCase("encoded parameters for the token", target("/?" + many("%74=a&", 7900))),
    CostCase("what begins like a token", target("/" + many("eyJ", 3900) + "?" + many("eyJ%2E", 3900))),
    CostCase("escapes of escapes", target("/?%" + many("25", 7900))),
    CostCase("escapes of escapes again and again", target("/?" + many("%2525", 7900))),
  ]

  // MARK: Responses

  static func harmlessResponse(_ byteCount: Int) -> String {
    let fields = (0..<100).map { "Field-\($0): \(many("some words ", byteCount / 100 - 14))\r\n" }.joined()
    let answer = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
    return "HTTP/1.1 101 OK\r\n\(answer)\(fields)\r\n"
  }

  private static func response(_ fields: String, status: Int = 200, others count: Int = 150) -> String {
    let others = (0..<count).map { "a\($0): b\r\n" }.joined()
    return "HTTP/1.1 \(status) OK\r\n\(others)\(fields)\r\n\r\n"
  }

  static let responses = [
    CostCase("commas in Connection", response("Connection: x\(many(",", 60_000))")),
    CostCase("lengths", response("Content-Length: \(many("5,", 60_000))5")),
    CostCase("many lengths", response(many("Content-Length: 5\r\n", 1800) + "X: \(many("y", 40_000))")),
    CostCase(
      "names in Connection as long as those of the fields",
      response(
        "Connection: \(alike(31, 900).joined(separator: ","))\r\n"
          + alike(30, 900).map { "\($0): x" }.joined(separator: "\r\n"), others: 5)),
    CostCase("ways in Via", response(many("Via: \(many("1.1 a, ", 800))\r\n", 60_000) + "X: y", others: 5)),
    CostCase(
      "extensions of a WebSocket",
      response(
        "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
          + "Sec-WebSocket-Extensions: \(list(of: 60_000))", status: 101)),
    CostCase(
      "commas among the extensions of a WebSocket",
      response(
        "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
          + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: a\(many(",", 60_000))", status: 101)),
  ]

  // MARK: Bodies

  static func harmlessChunks(_ byteCount: Int) -> String {
    many("20\r\n\(many("some words ", 32).prefix(32))\r\n", byteCount) + "0\r\n\r\n"
  }

  static let chunks = [
    CostCase("chunks of one octet", many("1\r\na\r\n", 32_000) + "0\r\n\r\n"),
    CostCase("sizes with zeros before them", many("0000000000000001\r\na\r\n", 32_000) + "0\r\n\r\n"),
    CostCase("extensions", many("1\(many(";a=b", 250))\r\na\r\n", 32_000) + "0\r\n\r\n"),
    CostCase("quoted extensions", many("1;a=\"\(many("\\\\", 240))\"\r\na\r\n", 32_000) + "0\r\n\r\n"),
    CostCase("blanks behind sizes", many("1\(many(" ", 250))\r\na\r\n", 32_000) + "0\r\n\r\n"),
    CostCase("trailers", "0\r\n" + (0..<30).map { "a\($0): \(many("b", 240))\r\n" }.joined() + "\r\n"),
    CostCase("names of trailers", "0\r\n" + (0..<30).map { "\(many("x_", 240))\($0): b\r\n" }.joined() + "\r\n"),
  ]

  static func harmlessBody(_ byteCount: Int) -> String {
    #"{"username":"alice","password":"a password of some words","more":{"#
      + (0..<(byteCount / 24)).map { #""name\#($0 + 1000)":"value""# }.joined(separator: ",") + "}}"
  }

  /// Names made of the same combining marks in different orders, which Unicode takes for the same.
  private static func marks(_ count: Int, _ length: Int) -> [String] {
    (0..<count).map { number in
      (0..<length).map { ($0 >> (number % 8)) & 1 == 0 ? "\u{327}" : "\u{301}" }.joined() + "\(number)"
    }
  }

  private static func object(_ names: [String]) -> String {
    "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
  }

  static let bodies = [
    CostCase("names of combining marks", object(marks(16, 480))),
    CostCase("more names of combining marks", object(marks(40, 190))),
    CostCase("one name of combining marks", object(marks(1, 7900))),
    CostCase("names of one length", object(alike(30, 500))),
    CostCase("many names", object((0..<1000).map { "n\($0 + 10_000)" })),
    CostCase(
      "many names of one syllable", object((0..<1000).map { "\(Character(Unicode.Scalar(0xAC00 + $0) ?? "a"))" })),
    CostCase(
      "a user of combining marks", #"{"username":"\#(marks(1, 7900)[0])","password":"\#(many("p", 40))"}"#),
    CostCase("a password of combining marks", #"{"username":"alice","password":"a\#(marks(1, 7900)[0])"}"#),
    CostCase("escapes", "{\"username\":\"\(many("\\n", 15_000))\",\"password\":\"\"}"),
    CostCase("escapes between letters", "{\"username\":\"\(many("a\\n", 15_000))\",\"password\":\"\"}"),
    CostCase("escapes of characters", "{\"username\":\"\(many("\\u00e9", 15_000))\",\"password\":\"\"}"),
    CostCase("escapes of halves", "{\"username\":\"\(many("\\ud83d\\ude00", 15_000))\",\"password\":\"\"}"),
    CostCase("numbers", "{\"a\":[\(many("1e-99,", 6000))0],\"b\":[\(many("1,", 1900))0]}"),
    CostCase("long numbers", "{\"a\":[\(many(many("9", 300) + ",", 15_000))0]}"),
    CostCase("lists in lists", "[" + many(many("[", 31) + many("]", 31) + ",", 15_000) + "0]"),
    CostCase("blanks", "{\(many(" ", 8000))\"username\"\(many("\n", 7000)):0}"),
    CostCase("a string that does not end", "{\"\(many("a", 15_000))"),
    CostCase("a name that stands twice", "{\"\(many("\u{301}", 7000))\":0,\"\(many("\u{301}", 7000))\":1}"),
  ]

  // MARK: Tokens

  /// A token of that header and payload, as anybody can make one.
  private static func token(_ header: String, _ payload: String) -> String {
    var text = ByteBuffer()
    Base64URL.encode(Array(header.utf8).span, into: &text)
    text.append(".")
    Base64URL.encode(Array(payload.utf8).span, into: &text)
    return text.text + "." + many("A", 43).prefix(43)
  }

  private static let header = #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#
  private static let payload = #"{"iss":"https://issuer.test","sub":"alice","aud":"orders","exp":1900000000}"#

  static func harmlessToken(_ byteCount: Int) -> String {
    let claims = (0..<(byteCount / 32)).map { #""name\#($0 + 1000)":"value""# }.joined(separator: ",")
    return token(header, payload.dropLast() + ",\"more\":{\(claims)}}")
  }

  static let tokens = [
    CostCase("kid", token(#"{"alg":"HS256","kid":"\#(marks(1, 2700)[0])"}"#, payload)),
    CostCase("typ", token(#"{"alg":"HS256","typ":"\#(marks(1, 2700)[0])"}"#, payload)),
    CostCase("alg", token(#"{"alg":"\#(marks(1, 2700)[0])","typ":"JWT"}"#, payload)),
    CostCase("names in the header", token(#"{"alg":"HS256",\#(object(marks(12, 220)).dropFirst())"#, payload)),
    CostCase(
      "names in the payload", token(header, "{\"iss\":\"https://issuer.test\"," + object(marks(14, 190)).dropFirst())),
    CostCase(
      "claims of three octets",
      token(
        header,
        "{\"iss\":\"https://issuer.test\","
          + object((0..<650).map { "\(Character(Unicode.Scalar(0x4E00 + $0) ?? "a"))" }).dropFirst())),
    CostCase("iss", token(header, #"{"iss":"\#(marks(1, 2700)[0])"}"#)),
    CostCase("aud", token(header, #"{"iss":"https://issuer.test","aud":[\#(many("\"orders \",", 5400))"x"]}"#)),
    CostCase("scope", token(header, #"{"iss":"https://issuer.test","scope":"\#(many("a ", 5500))"}"#)),
    CostCase("roles", token(header, #"{"iss":"https://issuer.test","roles":[\#(many("\"a\",", 4000))"a"]}"#)),
    CostCase("an expiry of many digits", token(header, #"{"iss":"https://issuer.test","exp":\#(many("9", 11_000))}"#)),
    CostCase(
      "an expiry of a long fraction", token(header, #"{"iss":"https://issuer.test","exp":1.\#(many("1", 11_000))}"#)),
    CostCase("a huge exponent", token(header, #"{"iss":"https://issuer.test","exp":1e\#(many("9", 11_000))}"#)),
    CostCase(
      "long numbers",
      token(header, #"{"iss":"https://issuer.test","x":[\#(many("12345678901234567890123,", 11_000))1]}"#)),
    CostCase(
      "small numbers",
      token(
        header,
        #"{"iss":"https://issuer.test","x":[[\#(many("0,", 2000))0],[\#(many("0,", 2000))0],[\#(many("0,", 2000))0]]}"#)
    ),
    CostCase("roles of an object", token(header, "{\"roles\":" + object(marks(14, 190)) + "}")),
    CostCase("objects in objects", token(header, many(#"{"a":"#, 150) + "0" + many("}", 30) + many(" ", 5000))),
    CostCase("dots", many("eyJ.", 8000)),
    CostCase("no dot", many("eyJ", 8000)),
  ]

  // MARK: Logs

  static func harmlessText(_ byteCount: Int) -> String { many("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) ", byteCount) }

  static let texts = [
    CostCase("the beginnings of tokens", many("eyJ", 30_000)),
    CostCase("beginnings of tokens with blanks", many("eyAgICAgICAgICAgICAg", 30_000)),
    CostCase("beginnings that are none", many("ey", 30_000)),
    CostCase("letters that tokens begin with", many("y", 30_000)),
    CostCase("beginnings and dots", many("eyJ. ", 30_000)),
    CostCase("short tokens", many("eyJ.. ", 30_000)),
    CostCase("a long token", many("eyJ.", 30_000)),
    CostCase("encoded beginnings", many("%65%79%4A", 30_000)),
    CostCase("escapes of escapes", many("%" + many("25", 400), 30_000)),
    CostCase("percent signs", many("%", 30_000)),
  ]
}
