import { makeLab } from './lab.mjs'; import { startFirefox } from './firefox.mjs'; import {startChromium} from './chromium.mjs';
const lab=makeLab(['a','b']); let t=performance.now(); const lap=(w)=>{const n=performance.now();console.log(w,Math.round(n-t));t=n;};
const f=await startFirefox(lab,lab.hosts.a,{tone:440}); lap('firefox start'); const p=await f.newPage(); lap('page'); await p.goto('about:blank'); lap('goto'); await p.close(); lap('page close'); await f.close(); lap('close');
const c=await startChromium(lab,lab.hosts.b,{origin:'http://x:1'}); lap('chromium'); await c.close(); lap('close'); lab.remove(); lap('remove');
