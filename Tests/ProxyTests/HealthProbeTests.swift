import Configuration
import HTTP
import Testing

@testable import Proxy

@Suite struct `The request of a health check` {
  static func request(_ check: HealthCheck) -> String {
    String(decoding: HealthProbe.request(check, host: Array("127.0.0.1:80".utf8)), as: UTF8.self)
  }

  @Test func `names the gateway and takes anything`() {
    #expect(
      Self.request(HealthCheck(target: "/healthz?a=b"))
        == "GET /healthz?a=b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUser-Agent: portcullis\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
  }

  @Test func `has the fields of the configuration, in place of its own where they have the same name`() {
    var check = HealthCheck(target: "/")
    check.headers = [Field(name: "user-AGENT", value: "probe"), Field(name: "X-Probe", value: "a b")]
    #expect(
      Self.request(check)
        == "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAccept: */*\r\nuser-AGENT: probe\r\nX-Probe: a b\r\nConnection: close\r\n\r\n"
    )
  }
}
