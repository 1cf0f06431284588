import Configuration
import Testing

@Suite struct ConfigurationLoaderTests {
  @Test func `defaults are those of the documentation`() {
    let limits = LimitsConfiguration()
    #expect(limits.head == 32_768)
  }
}
