'use strict';

// Amounts and times as `onetun status` shows them, and a dash where nothing is known.
const unknown = '–';
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

function formatBytes(bytes) {
    let unit = 0;
    while (bytes >= 1024 && unit < byteUnits.length - 1) {
        bytes /= 1024;
        unit++;
    }

    return `${unit === 0 ? Math.round(bytes) : bytes.toFixed(2)} ${byteUnits[unit]}`;
}

function formatRate(bytesPerSecond) {
    return bytesPerSecond == null ? unknown : `${formatBytes(bytesPerSecond)}/s`;
}

function formatDuration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
    if (whole < 60) {
        return `${whole} s`;
    }

    return whole < 3600 ? `${minutes} min ${whole % 60} s` : days === 0 ? `${hours} h ${minutes} min` : `${days} d ${hours} h`;
}

function formatRoundTrip(seconds) {
    if (seconds == null) {
        return unknown;
    }

    const milliseconds = seconds * 1000;
    return milliseconds < 9.95 ? `${milliseconds.toFixed(2)} ms`
        : milliseconds < 99.5 ? `${milliseconds.toFixed(1)} ms`
        : milliseconds < 999.5 ? `${milliseconds.toFixed(0)} ms`
        : `${seconds.toFixed(2)} s`;
}

function withoutZeros(text) {
    return text.replace(/\.0+ /, ' ');
}

function formatClock(date) {
    return date.toLocaleTimeString('en-GB');
}

// The least of 1, 2, 5, 10, 20, 50 … that is not below a value; with a base of 1024, of those times KiB, MiB and so on.
function roundUp(value, base) {
    let unit = 1;
    while (base > 10 && value / unit >= base) {
        unit *= base;
    }

    const power = 10 ** Math.floor(Math.log10(value / unit));
    const step = [1, 2, 5, 10].find(candidate => candidate * power * unit >= value);
    return step * power * unit;
}
