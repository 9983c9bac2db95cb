// JupyterLab prefers a widget to the picture stored beside it, even where no kernel knows the widget any more: then the page says
// "model not found", and the picture is gone. This shows the stored output in that place. Live widgets are left alone, and so is the file.
//
// An address that ends in ?rpn=TOKEN opens the explorer of that state in a new notebook. A token holds letters, digits, - and _ alone, and
// says which components with which values: no code comes in by an address.
//
// Written as a federated module by hand, which JupyterLab loads without a build: `init` is given its modules, `get` hands over a plugin.
(() => {
  const WIDGET = 'application/vnd.jupyter.widget-view+json';
  const SAYS = 'Not running. This is the picture that was stored: run this cell (Shift Enter) to bring it to life.';
  let modules;

  const still = async (registry, made, model) => {
    const stored = registry.createRenderer('text/html');
    await stored.renderModel(model);
    const line = document.createElement('div');
    line.className = 'rpn-still';
    line.setAttribute('role', 'note');
    line.textContent = SAYS;
    made.node.replaceChildren(line, stored.node);
  };

  const opened = app => {
    const address = new URL(location), token = address.searchParams.get('rpn');
    if (!/^[\w-]+$/.test(token ?? '')) return;
    address.searchParams.delete('rpn');
    app.restored.then(async () => {
      history.replaceState(null, '', address);  // to load the page again opens it no second time
      const panel = await app.commands.execute('notebook:create-new', { kernelName: 'python3' });
      await Promise.all([panel.context.ready, panel.sessionContext.ready]);
      panel.content.activeCell.model.sharedModel.setSource(`from rpn_edu.explore import Explorer\n\nExplorer("${token}")`);
      await app.commands.execute('notebook:run-cell');
    });
  };

  const get = async () => {
    const versions = modules['@jupyterlab/rendermime'];
    const { RenderMimeRegistry } = (await versions[Object.keys(versions)[0]].get())();
    const create = RenderMimeRegistry.prototype.createRenderer;
    RenderMimeRegistry.prototype.createRenderer = function (type) {
      const made = create.call(this, type);
      if (type !== WIDGET) return made;
      const render = made.renderModel.bind(made);
      made.renderModel = async model => {
        await render(model);
        if (model.data['text/html'] && /model not found/.test(made.node.textContent)) await still(this, made, model);
      };
      return made;
    };
    const plugins = [{ id: 'rpn_edu:still', autoStart: true, activate() {} }, { id: 'rpn_edu:state', autoStart: true, activate: opened }];
    return () => ({ __esModule: true, default: plugins });  // without __esModule JupyterLab does not start them
  };

  (window._JUPYTERLAB ??= {}).rpn_edu = { init: given => { modules = given; }, get };
})();
