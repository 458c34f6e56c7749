@echo off
rem SPDX-License-Identifier: GPL-2.0-or-later
rem Prepare a Windows for the rig: run as administrator, from the CD that
rem "rig image prepare" makes. It may be run again. It ends in a shutdown; what
rem it did is in C:\rig\prepare.log. rig-windows(7) says why each line is there.

setlocal
set HERE=%~dp0
set LOG=C:\rig\prepare.log
fltmc > nul 2>&1
if errorlevel 1 (
    echo prepare: run this as administrator 1>&2
    exit /b 1
)
if not exist C:\rig mkdir C:\rig
echo prepare: %DATE% %TIME% from %HERE% > %LOG%

rem Test-signed drivers are loaded; refused while Secure Boot is on.
call :run bcdedit /set testsigning on
rem No menu and no repair after a bug check: the next boot is a boot.
call :run bcdedit /set {current} bootstatuspolicy ignoreallfailures
call :run bcdedit /set {current} recoveryenabled no

rem The rig's certificate: to load is enough in Root, to install without a
rem question it has to be in TrustedPublisher, too.
for %%c in ("%HERE%*.cer") do (
    call :run certutil -f -addstore Root "%%c"
    call :run certutil -f -addstore TrustedPublisher "%%c"
)

rem A small dump for each bug check, and no waiting afterwards.
set CRASH=HKLM\SYSTEM\CurrentControlSet\Control\CrashControl
call :run reg add %CRASH% /v CrashDumpEnabled /t REG_DWORD /d 3 /f
call :run reg add %CRASH% /v AutoReboot /t REG_DWORD /d 1 /f
call :run reg add %CRASH% /v AlwaysKeepMemoryDump /t REG_DWORD /d 1 /f

rem No driver from Windows Update in place of the one under test.
call :run reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\DriverSearching /v SearchOrderConfig /t REG_DWORD /d 0 /f
call :run reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate /v ExcludeWUDriversInQualityUpdate /t REG_DWORD /d 1 /f
call :run sc config wuauserv start= disabled

rem Awake until it is told to sleep.
call :run powercfg /change standby-timeout-ac 0
call :run powercfg /change monitor-timeout-ac 0
call :run powercfg /hibernate off

rem The agent: a service on COM1, which is there before anybody logs on.
call :run copy /y "%HERE%agent.exe" C:\rig\agent.exe
call :run C:\rig\agent.exe @AGENT_INSTALL@

rem The shim driver, if it was built.
if exist "%HERE%rigshim\rigshim.inf" (
    call :run pnputil /add-driver "%HERE%rigshim\rigshim.inf" /install
)

echo prepare: done >> %LOG%
shutdown /s /t 5 /c "prepared for the rig"
exit /b 0

:run
echo + %* >> %LOG%
%* >> %LOG% 2>&1
if errorlevel 1 echo prepare: failed with %ERRORLEVEL% >> %LOG%
exit /b 0
