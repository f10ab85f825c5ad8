# What the host needs of the system beside its libraries; a system without it is refused here, in
# one line, rather than in the middle of a build. Nothing here is installed.
include(CheckSymbolExists)

if(CMAKE_SIZEOF_VOID_P LESS 8)
	message(FATAL_ERROR "Lakehost runs on 64-bit systems only; the headers of the SDK compile on "
		"32-bit systems too.")
endif()

# lakehost_needs(SYMBOL HEADER...): adds SYMBOL to `missing` where the C library lacks it.
function(lakehost_needs symbol)
	set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
	string(MAKE_C_IDENTIFIER LAKEHOST_HAVE_${symbol} has)
	check_symbol_exists(${symbol} "${ARGN}" ${has})
	if(NOT ${has})
		list(APPEND missing ${symbol})
		set(missing ${missing} PARENT_SCOPE)
	endif()
endfunction()

set(missing)
lakehost_needs(close_range unistd.h)
lakehost_needs(pidfd_open sys/pidfd.h)
lakehost_needs(posix_spawn_file_actions_addclosefrom_np spawn.h)
lakehost_needs(REG_STARTEND regex.h)
if(missing)
	list(JOIN missing ", " missing)
	message(FATAL_ERROR "This C library lacks ${missing}. Lakehost needs glibc 2.36 or later "
		"(Debian 12); musl is not supported.")
endif()
