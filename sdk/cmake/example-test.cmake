# Installs the SDK of a build into a folder, then configures, builds, tests and installs an example
# plugin against it, as a vendor would. The folder is made anew each time.
function(run)
	execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
		ERROR_VARIABLE output)
	if(NOT status EQUAL 0)
		list(JOIN ARGN " " command)
		message(FATAL_ERROR "${command}: ${status}\n${output}")
	endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --component sdk)
run(${CMAKE_COMMAND} -S ${EXAMPLE} -B ${WORK}/build -G ${GENERATOR}
	-DCMAKE_C_COMPILER=${COMPILER} -DCMAKE_C_FLAGS=${FLAGS} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CTEST} --test-dir ${WORK}/build --output-on-failure --no-tests=error)
run(${CMAKE_COMMAND} --install ${WORK}/build --prefix ${WORK}/prefix)
file(GLOB plugin ${WORK}/prefix/lib/*/lakehost/plugins/${PLUGIN}.so
	${WORK}/prefix/lib/lakehost/plugins/${PLUGIN}.so
	${WORK}/prefix/lib64/lakehost/plugins/${PLUGIN}.so)
if(NOT plugin)
	message(FATAL_ERROR "${PLUGIN}.so was not installed below ${WORK}/prefix")
endif()
