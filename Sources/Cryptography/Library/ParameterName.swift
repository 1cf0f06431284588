/// A name (of core_names.h) for a list of parameters (OSSL_PARAM(3)).
///
/// The list refers to the name: it has to stay where it is. The names that C declares as macros come as strings, whose memory lives
/// only as long as the call that they are given to.
@unsafe
func parameterName(_ text: StaticString) -> UnsafePointer<CChar> {
  // SAFETY: the text of a literal stays for ever and ends with a NUL.
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
