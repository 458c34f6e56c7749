/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preprocessed into the module definition of rigshim.sys: what it exports. */
#include "rigshim.h"
SHIM_DEFINITION
NAME rigshim.sys
EXPORTS
DllInitialize PRIVATE
DllUnload PRIVATE
NdisGetRoutineAddress = ShimNdisGetRoutineAddress
#define X(name, result, arguments, object, scalars) name = Shim##name
RIGSHIM_APIS(X)
