import Bytes
import HTTP

/// All that the parser says of a request head, for comparison.
struct RequestReading: Equatable {
  var outcome = HeadParse.needsMore
  var method = Method.get
  var version = Version.http11
  var isAsterisk = false
  var scheme: Scheme?
  var path: [UInt8] = []
  var query: [UInt8]?
  var host: [UInt8] = []
  var authority: [UInt8] = []
  var port: UInt16?
  var body = BodyLength.none
  var flags: [Bool] = []
  var fields: [[[UInt8]]] = []

  /// Parses the bytes as they come in pieces with these ends; the head is of use if the outcome is `complete`.
  init(_ bytes: [UInt8], cuts: [Int]? = nil, limits: HeadLimits = .request, into head: inout RequestHead) {
    var parser = RequestHeadParser(limits: limits)
    for end in cuts ?? [bytes.count] {
      let piece = Array(bytes[..<end])
      outcome = parser.parse(piece.span, into: &head)
      if outcome != .needsMore { break }
    }
    if case .complete = outcome { take(head, keepsConnection: parser.keepsConnection) }
  }

  init(_ bytes: [UInt8], cuts: [Int]? = nil, limits: HeadLimits = .request) {
    var head = RequestHead()
    self.init(bytes, cuts: cuts, limits: limits, into: &head)
  }

  private mutating func take(_ head: borrowing RequestHead, keepsConnection: Bool) {
    method = head.method
    version = head.version
    isAsterisk = head.target.isAsterisk
    scheme = head.scheme
    path = head.target.path.array
    query = if let query = head.target.query { query.array } else { nil }
    host = head.host.array
    authority = head.authority.array
    port = head.port
    body = head.body
    flags = [
      keepsConnection, head.expectsContinue, head.isWebSocketUpgrade, head.target.hasEncodedSlash,
      head.target.hasParameters,
    ]
    fields = head.fields.texts
  }
}

extension Fields {
  /// Name and value of each line.
  var texts: [[[UInt8]]] { (0..<count).map { [name(at: $0).array, value(at: $0).array] } }
}
