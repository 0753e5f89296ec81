export { fakeCell, fakeStratum, fakeView } from '../../src/testing/fake-view.js';
