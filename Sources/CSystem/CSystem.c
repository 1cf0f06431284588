// The module is its header; SwiftPM asks for one source file.
#include "CSystem.h"
