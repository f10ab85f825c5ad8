# Flags of this build: warnings, sanitizers, coverage, hardening. Nothing here is installed.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
	-Wvla -Wundef -Wwrite-strings -Wimplicit-fallthrough)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
	# json-c's loop over an object is a statement expression.
	add_compile_options(-Wno-sign-conversion -Wno-gnu-statement-expression)
endif()
if(LAKEHOST_WERROR)
	add_compile_options(-Werror)
endif()
if(LAKEHOST_SANITIZE)
	list(JOIN LAKEHOST_SANITIZE "," sanitizers)
	add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${sanitizers})
endif()
if(LAKEHOST_COVERAGE)
	add_compile_options(--coverage -fprofile-update=atomic)
	add_link_options(--coverage)
endif()
if(LAKEHOST_HARDEN)
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
		-fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero)
	add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(LAKEHOST_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
endif()
