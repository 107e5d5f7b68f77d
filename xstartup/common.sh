# shellcheck shell=sh
# Functions for all start scripts here. They source this file before their desktop starts:
#
#   . "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
#   prepare_session XFCE xfce
#   start_session "$(program_of xfce)"
#
# The session process sets DISPLAY, XAUTHORITY, HOME, PATH, LANG and JUPYTER_DESKTOP_RUNTIME, the private folder of
# this session, which is removed when it ends. The output of a script goes to the session's log. The user's files are
# not changed: every setting is a default, and the user's own settings take precedence.

: "${DISPLAY:?names no display: a start script is run by a desktop session, which sets it}"
: "${JUPYTER_DESKTOP_RUNTIME:?is not set: a start script is run by a desktop session, which sets it}"

# ~/.vnc/xstartup may be a link to one of these.
here=$(dirname -- "$(readlink -f -- "$0")")
state=$JUPYTER_DESKTOP_RUNTIME/xstartup

# --- installed programs ----------------------------------------------------------------------------------

# Desktop environments before bare window managers.
desktops() {
    echo xfce mate lxqt openbox icewm
}

# The programs that start each desktop, best first.
programs_of() {
    case $1 in
        xfce) echo startxfce4 xfce4-session ;;
        mate) echo mate-session ;;
        lxqt) echo startlxqt ;;
        openbox) echo openbox-session openbox ;;
        icewm) echo icewm-session icewm ;;
    esac
}

# The Debian and Ubuntu packages of each desktop, with a terminal.
packages_of() {
    case $1 in
        xfce) echo xfce4 xfce4-terminal dbus-x11 ;;
        mate) echo mate-desktop-environment-core dconf-cli dbus-x11 ;;
        lxqt) echo lxqt-core openbox qterminal dbus-x11 ;;
        *) echo "$1" xterm ;;
    esac
}

# first_of PROGRAM…: prints the first that is on PATH.
first_of() {
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1; then
            echo "$program"
            return
        fi
    done
    return 1
}

# shellcheck disable=SC2046 # one word for each program
program_of() {
    first_of $(programs_of "$1")
}

# D-Bus requires an account with a name; in a container that sets the UID there may be none.
bus_launcher() {
    id -un >/dev/null 2>&1 && first_of dbus-daemon dbus-launch
}

# Bare window managers work without D-Bus; desktop environments store their settings through its services.
has_its_bus() {
    case $1 in
        openbox | icewm) ;;
        *) bus_launcher >/dev/null ;;
    esac
}

require() {
    if ! program_of "$1" >/dev/null; then
        lack "$1 is not installed: looked for $(programs_of "$1") in $PATH." "$(how_to_install "$1")"
    elif ! has_its_bus "$1" && id -un >/dev/null 2>&1; then
        lack "$1 needs D-Bus: looked for dbus-daemon and dbus-launch in $PATH." "$(how_to_install "$1")"
    elif ! has_its_bus "$1"; then
        fail "$1 needs D-Bus, which requires an account with a name, and UID $(id -u) has none." \
            "Add the account to /etc/passwd, or use a bare window manager: openbox, icewm."
    fi
}

# how_to_install DESKTOP
how_to_install() {
    if command -v apt-get >/dev/null 2>&1; then
        echo "To install it: sudo apt install $(packages_of "$1")"
    else
        echo "Install it with this system's package manager. Debian's packages are: $(packages_of "$1")"
    fi
}

# lack MESSAGE REMEDY: for missing programs. The session recognises the exit status, which is also the shell's.
lack() {
    tell "$@"
    exit 127
}

# fail MESSAGE REMEDY: for other errors.
fail() {
    tell "$@"
    exit 1
}

tell() {
    printf 'The desktop cannot start. %s\n%s\n' "$1" "$2" >&2
}

# --- the environment -------------------------------------------------------------------------------------

# Jupyter may have been started from a terminal of another desktop, whose variables are inherited.
forget_outer_desktop() {
    # The new session would register with the outer session manager, and log it out at its own end.
    unset SESSION_MANAGER DESKTOP_AUTOSTART_ID DESKTOP_STARTUP_ID XDG_ACTIVATION_TOKEN
    # A second Xfce or MATE on the same bus finds its service names taken and starts no window manager.
    unset DBUS_SESSION_BUS_ADDRESS DBUS_SESSION_BUS_PID DBUS_SESSION_BUS_WINDOWID DBUS_STARTER_ADDRESS \
        DBUS_STARTER_BUS_TYPE
    # Toolkits prefer Wayland, so windows would open on the outer desktop or not at all.
    unset WAYLAND_DISPLAY WAYLAND_SOCKET GDK_BACKEND QT_QPA_PLATFORM SDL_VIDEODRIVER CLUTTER_BACKEND \
        MOZ_ENABLE_WAYLAND ELECTRON_OZONE_PLATFORM_HINT
    # "Lock screen", "switch user" and the idle state would apply to the outer login.
    unset XDG_SESSION_ID XDG_SESSION_CLASS XDG_SESSION_DESKTOP XDG_SESSION_PATH XDG_SEAT XDG_SEAT_PATH XDG_VTNR
    # Programs would assume the outer desktop: empty menus, settings daemons that refuse to start.
    unset XDG_MENU_PREFIX GDMSESSION GNOME_DESKTOP_SESSION_ID GNOME_SETUP_DISPLAY GNOME_SHELL_SESSION_MODE \
        GNOME_KEYRING_CONTROL GNOME_TERMINAL_SCREEN GNOME_TERMINAL_SERVICE KDE_FULL_SESSION KDE_SESSION_UID \
        KDE_SESSION_VERSION MATE_DESKTOP_SESSION_ID WINDOW_MANAGER WINDOWID
    # Each window would wait for the outer desktop's input method and look for its theme plugins.
    unset XMODIFIERS GTK_IM_MODULE QT_IM_MODULE QT_IM_MODULES CLUTTER_IM_MODULE SDL_IM_MODULE IBUS_ADDRESS \
        GTK_MODULES QT_QPA_PLATFORMTHEME QT_STYLE_OVERRIDE
}

# describe_session XDG_NAME NAME: programs read these variables to adapt to the desktop.
describe_session() {
    export XDG_SESSION_TYPE=x11 XDG_CURRENT_DESKTOP="$1" XDG_SESSION_DESKTOP="$2" DESKTOP_SESSION="$2"
}

# Under sudo, in containers and in batch jobs XDG_RUNTIME_DIR may be another user's folder, or missing. D-Bus, GLib
# and Qt require a folder of this user that no other user can enter.
use_private_runtime_dir() {
    owned=$(find "${XDG_RUNTIME_DIR:-/nonexistent}" -prune -type d -user "$(id -u)" -perm 700 2>/dev/null) || true
    if [ -z "$owned" ] || [ ! -w "$owned" ]; then
        export XDG_RUNTIME_DIR="$state/run"
        mkdir -p "$XDG_RUNTIME_DIR"
        chmod 700 "$XDG_RUNTIME_DIR"
    fi
}

# Batch systems set TMPDIR to a folder that is removed with the job, or is on another machine only. If Xfce's session
# manager cannot write there, it starts no programs.
use_writable_tmpdir() {
    if [ -n "${TMPDIR:-}" ] && ! is_writable "$TMPDIR"; then
        echo "Cannot write to $TMPDIR (TMPDIR): temporary files of this session are in /tmp." >&2
        unset TMPDIR
    fi
}

# is_writable FOLDER: whether a file with contents can be written there. A full disk allows empty files.
is_writable() {
    probe=$1/.jupyter-desktop-$$
    if { echo probe >"$probe"; } 2>/dev/null; then
        rm -f "$probe"
        return
    fi
    rm -f "$probe" 2>/dev/null || true
    return 1
}

# A desktop that cannot write its settings stops, or shows a dialog for each of them. If the home is full, read-only
# or missing, use a folder of this session instead, with the user's settings as defaults.
use_writable_home() {
    config=${XDG_CONFIG_HOME:-${HOME:-}/.config}
    if mkdir -p "$config" 2>/dev/null && is_writable "$config"; then
        return
    fi
    echo "Cannot write to $config: this session's settings are not kept." >&2
    XDG_CONFIG_DIRS=$config:${XDG_CONFIG_DIRS:-/etc/xdg}
    export XDG_CONFIG_DIRS XDG_CONFIG_HOME="$state/config" XDG_CACHE_HOME="$state/cache" XDG_STATE_HOME="$state/state"
    mkdir -p "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_STATE_HOME"
}

# --- features to turn off on a remote desktop ------------------------------------------------------------

use_our_defaults() {
    defaults=$state/xdg:$here/xdg
    if keys_do_not_repeat; then
        defaults=$here/without-key-repeat/xdg:$defaults
    fi
    export XDG_CONFIG_DIRS="$defaults:${XDG_CONFIG_DIRS:-/etc/xdg}"
    export XDG_DATA_DIRS="$state/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
}

# If viewers repeat held keys, the X server does not: on a slow connection a key's release arrives late. Desktops would
# turn that on when they start.
keys_do_not_repeat() {
    [ "${JUPYTER_DESKTOP_KEY_REPEAT:-on}" = off ]
}

hide_autostart_entries() {
    # Screen lockers: an account without a password could not unlock.
    hide xscreensaver light-locker xfce4-screensaver mate-screensaver gnome-screensaver cinnamon-screensaver \
        org.gnome.ScreenSaver org.cinnamon.ScreenSaver lxqt-xscreensaver-autostart xss-lock budgie-screensaver
    # Power managers: they would blank and lock the screen, and suspend the host.
    hide xfce4-power-manager mate-power-manager lxqt-powermanagement gnome-power-manager
    # Password dialogs for the host's devices (colour profiles, network): without an agent, requests are denied.
    hide polkit-gnome-authentication-agent-1 polkit-mate-authentication-agent-1 polkit-kde-authentication-agent-1 \
        lxpolkit lxqt-policykit-agent xfce-polkit
    # Updates and hardware of the host: not for users of a remote desktop.
    hide update-notifier gnome-software-service org.gnome.Software package-update-indicator pk-update-icon \
        mintupdate mintUpdate ubuntu-advantage-notification ubuntu-report-on-upgrade org.kde.discover.notifier \
        nm-applet blueman print-applet geoclue-demo-agent snap-userd-autostart
    # File indexers read the whole home directory, which is a shared file system on clusters.
    hide tracker-miner-fs tracker-miner-fs-3 tracker-miner-fs-control-3 tracker-extract-3 baloo_file
}

# hide NAME…: an autostart entry replaces those of the same name in later folders ("Desktop Application Autostart
# Specification"); the user's ~/.config/autostart comes before this folder. Not Hidden=true: mate-session then starts
# the entry of the next folder.
hide() {
    mkdir -p "$state/xdg/autostart"
    for entry in "$@"; do
        printf '[Desktop Entry]\nType=Application\nName=%s\nExec=true\nOnlyShowIn=none;\n' "$entry" \
            >"$state/xdg/autostart/$entry.desktop"
    done
}

# D-Bus would start a screen locker on request, although its autostart entry is hidden.
disable_locker_services() {
    for service in org.xfce.ScreenSaver org.mate.ScreenSaver org.gnome.ScreenSaver org.cinnamon.ScreenSaver; do
        if [ -e "/usr/share/dbus-1/services/$service.service" ]; then
            disable_services "$service"
        fi
    done
}

# Chromium, and programs built on it, store their keys in a keyring if D-Bus offers the service. A user without a
# keyring first gets a password dialog instead of the browser's window. Without the service these programs use files
# of their own. An existing keyring stays in use: its owner knows the password.
offer_no_first_keyring() {
    for keyring in "${XDG_DATA_HOME:-${HOME:-}/.local/share}"/keyrings/*.keyring; do
        if [ -e "$keyring" ]; then
            return
        fi
    done
    disable_services org.freedesktop.secrets org.gnome.keyring org.freedesktop.impl.portal.Secret
    hide gnome-keyring-secrets
}

# disable_services NAME…: D-Bus uses the first service file of that name.
disable_services() {
    mkdir -p "$state/share/dbus-1/services"
    for service in "$@"; do
        printf '[D-BUS Service]\nName=%s\nExec=/bin/false\n' "$service" \
            >"$state/share/dbus-1/services/$service.service"
    done
}

# The X server blanks the screen after ten minutes by default. Not every server has power management (dpms).
keep_screen_on() {
    if command -v xset >/dev/null 2>&1; then
        xset s off s noblank >/dev/null 2>&1 || true
        xset -dpms >/dev/null 2>&1 || true
    fi
}

# --- start -----------------------------------------------------------------------------------------------

# prepare_session XDG_NAME NAME: all of the above, in order.
prepare_session() {
    forget_outer_desktop
    describe_session "$1" "$2"
    mkdir -p "$state"
    use_private_runtime_dir
    use_writable_tmpdir
    use_writable_home
    use_our_defaults
    hide_autostart_entries
    disable_locker_services
    offer_no_first_keyring
    keep_screen_on
    # ~/.ICEauthority is shared by all hosts that mount the home, and belongs to root after one sudo.
    export ICEAUTHORITY="$state/ICEauthority"
}

# start_session COMMAND…: execute the command on a new D-Bus session bus; its end is the end of the session.
start_session() {
    case $(bus_launcher || true) in
        dbus-daemon) start_bus ;;
        dbus-launch) eval "$(dbus-launch --sh-syntax)" ;;
    esac
    exec "$@"
}

# Not by dbus-run-session, which ends D-Bus as soon as the command has ended, while programs may still save their state
# at a log-out. The session process ends it after them.
start_bus() {
    case $state in
        # Characters that need escaping in an address: use the default.
        *[!-0-9A-Za-z_/.]*) set -- ;;
        # At the default address, a killed D-Bus would leave a socket in /tmp.
        *) set -- "--address=unix:path=$state/bus" ;;
    esac
    mkfifo -m 600 "$state/address"
    (dbus-daemon --session "$@" --nofork --print-address=3 3>"$state/address" &)
    if ! read -r DBUS_SESSION_BUS_ADDRESS <"$state/address"; then
        fail "D-Bus ended at its start." "The lines above say why."
    fi
    rm -f "$state/address"
    export DBUS_SESSION_BUS_ADDRESS
}
