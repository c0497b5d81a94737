// Everything that comes from the process gets onto the page as text, by textContent: a name can be no markup.
const pollInterval = 1000;
const longestAnswer = 5000;

const byId = id => document.getElementById(id);

const throughput = new Chart(byId('throughput').querySelector('.chart'), { base: 1024, least: 1024, format: formatRate });
const latency = new Chart(byId('latency').querySelector('.chart'), { base: 10, least: 0.001, format: formatRoundTrip });

let shown = null;
let answeredAt = null;
let isLost = false;
let isPaused = false;
let order = null;
let timer = null;
let isAsking = false;

function setText(element, text) {
    if (element.textContent !== text) {
        element.textContent = text;
    }
}

// A cell is a text, or one with more: a second line, and a kind for its looks.
function fillCell(cell, content) {
    const { text, note, kind } = typeof content === 'object' ? content : { text: content };
    if (cell.childElementCount === 0) {
        cell.append(document.createElement('span'), document.createElement('small'));
    }

    setText(cell.firstChild, text);
    setText(cell.lastChild, note ?? '');
    cell.firstChild.dataset.kind = kind ?? '';
}

// Rows are used again, so that neither focus nor a selection is lost.
function fillTable(id, rows) {
    const table = byId(id);
    const body = table.tBodies[0];
    const headings = [...table.tHead.rows[0].cells];
    while (body.rows.length > rows.length) {
        body.deleteRow(-1);
    }

    rows.forEach((contents, i) => {
        const row = body.rows[i] ?? body.insertRow();
        contents.forEach((content, column) => {
            let cell = row.cells[column];
            if (!cell) {
                cell = document.createElement(column === 0 ? 'th' : 'td');
                cell.className = headings[column].className;
                if (column === 0) {
                    cell.scope = 'row';
                }

                row.append(cell);
            }

            fillCell(cell, content);
        });
    });
    table.hidden = rows.length === 0;
    const none = table.parentElement.querySelector('.none');
    if (none) {
        none.hidden = rows.length > 0;
    }
}

function isSilent(peer) {
    return peer.unansweredHandshakes > (peer.hasSession ? 1 : 0);
}

function stateOf(peer) {
    if (isSilent(peer)) {
        return { text: 'No answer', note: `${peer.unansweredHandshakes} handshakes unanswered`, kind: 'bad' };
    }

    return peer.hasSession ? { text: 'Connected', kind: 'good' } : { text: 'Idle', kind: 'idle' };
}

function endpointOf(peer) {
    return peer.endpoint
        ? { text: peer.endpoint, note: peer.endpointName }
        : { text: unknown, note: peer.endpointName ? `${peer.endpointName} has no address yet` : 'speaks first' };
}

function showPeers(process) {
    const now = Date.parse(process.at);
    setText(byId('peersCount'), `${process.peers.length}`);
    fillTable('peers', process.peers.map(peer => [
        { text: peer.publicKey, kind: 'key' },
        stateOf(peer),
        endpointOf(peer),
        peer.lastHandshake ? `${formatDuration((now - Date.parse(peer.lastHandshake)) / 1000)} ago` : 'never',
        { text: formatRoundTrip(peer.handshakeRoundTripSeconds), note: peer.pathMtu ? `packets to ${peer.pathMtu} B` : '' },
        { text: formatBytes(peer.receivedBytes), note: formatRate(peer.receivedBytesPerSecond) },
        { text: formatBytes(peer.sentBytes), note: formatRate(peer.sentBytesPerSecond) },
    ]));
}

function rateOf(bytesPerSecond) {
    return { text: formatRate(bytesPerSecond), kind: bytesPerSecond > 0 ? '' : 'quiet' };
}

function showForwards(process) {
    setText(byId('forwardsCount'), `${process.forwards.length}`);
    fillTable('forwards', process.forwards.map(forward => [
        forward.local,
        forward.protocol,
        forward.remote ?? 'as the client asks',
        `${forward.open}`,
        `${forward.total}`,
        { text: `${forward.failed}`, kind: forward.failed > 0 ? 'warn' : '' },
        formatBytes(forward.bytesUp),
        rateOf(forward.bytesUpPerSecond),
        formatBytes(forward.bytesDown),
        rateOf(forward.bytesDownPerSecond),
    ]));
}

const connectionFields = [
    'local', 'remote', 'state', 'roundTripSeconds', 'congestionWindow', 'retransmissions', 'receivedBytes', 'sentBytes',
];

function inOrder(connections) {
    if (!order) {
        return connections;
    }

    const field = connectionFields[order.column];
    const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b;
    return connections.toSorted((a, b) => order.sign * compare(a[field] ?? 0, b[field] ?? 0));
}

function showConnections({ connections, moreConnections }) {
    setText(byId('connectionsCount'), `${connections.length + moreConnections}`);
    fillTable('connections', inOrder(connections).map(connection => [
        connection.local,
        connection.remote,
        { text: connection.state, kind: connection.state === 'established' ? '' : 'quiet' },
        formatRoundTrip(connection.roundTripSeconds),
        formatBytes(connection.congestionWindow),
        `${connection.retransmissions}`,
        formatBytes(connection.receivedBytes),
        formatBytes(connection.sentBytes),
    ]));
    byId('more').hidden = moreConnections === 0;
    setText(byId('more'), `And ${moreConnections} more, whose peers were heard less recently.`);
}

function showDrops({ drops }) {
    setText(byId('dropsCount'), `${drops.reduce((sum, drop) => sum + drop.count, 0)}`);
    fillTable('drops', drops.map(drop => [drop.reason.replaceAll('_', ' '), drop.layer, drop.direction, `${drop.count}`]));
}

const levels = { information: 'info', warning: 'warn', critical: 'error' };
const levelKinds = { warning: 'warn', error: 'bad', critical: 'bad' };

function showLog(lines) {
    fillTable('log', lines.toReversed().map(line => [
        formatClock(new Date(line.at)),
        { text: levels[line.level] ?? line.level, kind: levelKinds[line.level] },
        line.text,
        { text: line.target, kind: 'quiet' },
    ]));
}

function showCharts({ process, history }) {
    const times = history.uptimeSeconds;
    const [received, sent, trip] = [history.receivedBytesPerSecond, history.sentBytesPerSecond, history.roundTripSeconds];
    throughput.draw(times, [
        { name: 'Received', kind: 'received', values: received },
        { name: 'Sent', kind: 'sent', values: sent },
    ]);
    latency.draw(times, [{ name: 'Mean round trip of the connections', kind: 'trip', values: trip }]);
    setText(byId('receivedNow'), formatRate(received.at(-1)));
    setText(byId('sentNow'), formatRate(sent.at(-1)));
    setText(byId('tripNow'), formatRoundTrip(trip.at(-1)));
    const answered = process.peers.filter(peer => peer.handshakeRoundTripSeconds);
    const newest = answered.sort((a, b) => Date.parse(b.lastHandshake) - Date.parse(a.lastHandshake))[0];
    setText(byId('handshakeNow'), formatRoundTrip(newest?.handshakeRoundTripSeconds));
}

function showFacts(process) {
    setText(byId('version'), process.version);
    setText(byId('addresses'), process.addresses.join(', '));
    setText(byId('port'), `${process.listenPort}`);
    setText(byId('pid'), `${process.pid}`);
    setText(byId('uptime'), formatDuration(process.uptimeSeconds));
    setText(byId('encryption'), process.encryption ?? unknown);
    setText(byId('key'), process.publicKey);
    document.title = `onetun – ${process.addresses[0]}`;
}

function show(status) {
    shown = status;
    byId('facts').hidden = byId('main').hidden = false;
    showFacts(status.process);
    showCharts(status);
    showPeers(status.process);
    showForwards(status.process);
    showConnections(status);
    showDrops(status.process);
    showLog(status.log);
    for (const region of document.querySelectorAll('.table')) {
        // What can be scrolled can be scrolled by keyboard, and the rest is no stop on the way.
        const scrolls = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight;
        region.toggleAttribute('tabindex', scrolls);
        if (scrolls) {
            region.tabIndex = 0;
        }
    }
}

function noticeOf() {
    if (isLost) {
        return answeredAt
            ? `Onetun has not answered since ${formatClock(answeredAt)}. What is shown is from then. `
                + 'This page goes on by itself once onetun answers again.'
            : 'Onetun does not answer. This page goes on by itself once it does.';
    }

    const peers = shown?.process.peers ?? [];
    const silent = peers.filter(isSilent);
    if (silent.length === 0) {
        return '';
    }

    const who = peers.length === 1 ? 'The peer' : `${silent.length} of ${peers.length} peers`;
    const where = silent.map(peer => peer.endpoint ?? peer.endpointName ?? peer.publicKey).join(', ');
    return `${who} ${silent.length === 1 ? 'does' : 'do'} not answer: ${where}`;
}

// Said aloud only when it changes, for the notice is a live region.
function showState() {
    const [state, text] = isLost ? ['lost', 'No answer'] : isPaused ? ['paused', 'Paused'] : shown ? ['live', 'Live'] : ['wait', 'Connecting'];
    byId('state').dataset.state = state;
    setText(byId('state'), text);
    setText(byId('notice'), noticeOf());
    document.body.classList.toggle('lost', isLost);
}

async function ask() {
    const answer = await fetch('status.json', { cache: 'no-store', signal: AbortSignal.timeout(longestAnswer) });
    if (!answer.ok) {
        throw new Error(`status ${answer.status}`);
    }

    return answer.json();
}

async function poll() {
    clearTimeout(timer);
    if (isAsking || isPaused || document.hidden) {
        return;
    }

    isAsking = true;
    try {
        const status = await ask();
        [isLost, answeredAt] = [false, new Date()];
        show(status);
    } catch {
        isLost = true;
    }

    isAsking = false;
    showState();
    timer = setTimeout(poll, pollInterval);
}

byId('pause').addEventListener('click', () => {
    isPaused = !isPaused;
    setText(byId('pause'), isPaused ? 'Resume' : 'Pause');
    showState();
    poll();
});

byId('connections').tHead.querySelectorAll('button').forEach((button, column) => button.addEventListener('click', () => {
    // Numbers begin with the largest, and texts with the first; the third time it is the order of activity again.
    const first = column < 3 ? 1 : -1;
    order = order?.column !== column ? { column, sign: first } : order.sign === first ? { column, sign: -first } : null;
    byId('connections').tHead.querySelectorAll('th').forEach((heading, i) => heading.setAttribute(
        'aria-sort', order?.column !== i ? 'none' : order.sign > 0 ? 'ascending' : 'descending'));
    if (shown) {
        showConnections(shown);
    }
}));

addEventListener('resize', () => shown && showCharts(shown));
document.addEventListener('visibilitychange', poll);
poll();
